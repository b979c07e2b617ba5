import { type ChatClient, ConnectionError, contentDeltas, type RetryBudget, retryTransient } from 'rx-groq';
import { catchError, mergeMap, type Observable, of } from 'rxjs';
import { answer, head } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';
import { asking, clientOfModels } from './support/models.js';

/** The answer's text; `x` where it failed, `0` where it would have been sent again but for the budget. */
const text = (client: ChatClient): Observable<string> =>
  client.stream(asking('m', 'any')).pipe(
    contentDeltas(),
    catchError((error: Error) => of(/budget for retries/.test(error.message) ? '0' : 'x')),
  );

const responses = { ...answer, d: head(503), r: head(429, { 'retry-after': '0.004' }) };
/** Tries again once, at once. */
const once = (budget: RetryBudget | false) => ({ retry: { maxRetries: 1, baseDelay: 0, random: () => 0, budget } });

marbles('Of a server that is down no more is asked than the floor, or a part of the first attempts', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('   a-b-c-d-e-f|');
  const failing = cold('  (d|)', responses);
  //                      a                floor: 1
  //                            d          half of 4 first attempts: 2
  //                                f      half of 6: 3
  const texts = '         x-0-0-x-0-x|';
  const client = clientOfModels({ m: {} }, { m: failing }, once({ ratio: 0.5, floor: 1 }));
  expectObservable(source.pipe(mergeMap(() => text(client)))).toBe(texts);
  expectSubscriptions(failing.subscriptions).toBe(
    [0, 0, 2, 4, 6, 6, 8, 10, 10].map(at => `${at === 0 ? '' : `${at}ms `}(^!)`),
  );
});

marbles('Each retry counts for a minute, each first attempt no longer than that', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   a 59998ms b c|');
  const failing = cold('  (d|)', responses);
  const texts = '         x 59998ms 0 x|';
  const client = clientOfModels({ m: {} }, { m: failing }, once({ ratio: 0, floor: 1 }));
  expectObservable(source.pipe(mergeMap(() => text(client)))).toBe(texts);
});

marbles('A 429 takes nothing out of it: the line waits as it is told', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   a|');
  const refused = cold('  (r|)', responses);
  const working = cold('  (hM.|)', answer);
  const texts = '         --------(M|)';
  const client = clientOfModels({ m: {} }, { m: [refused, refused, working] }, once({ ratio: 0, floor: 0 }));
  expectObservable(source.pipe(mergeMap(() => text(client)))).toBe(texts);
});

marbles('Without it everything is tried again', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('   ab|');
  const failing = cold('  (d|)', responses);
  const texts = '         xx|';
  const client = clientOfModels({ m: {} }, { m: failing }, once(false));
  expectObservable(source.pipe(mergeMap(() => text(client)))).toBe(texts);
  expectSubscriptions(failing.subscriptions).toBe(['(^!)', '(^!)', '-(^!)', '-(^!)']);
});

marbles('The subscriptions of one retryTransient share one', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('   a---b|');
  const failing = cold('  -#', undefined, new ConnectionError('reset'));
  //                      -b
  const first = '         ^!';
  const again = '         -^!';
  const second = '        ----^!';
  const kinds = '         --c--(c|)';
  const once = retryTransient<string>({ maxRetries: 1, baseDelay: 0, budget: { ratio: 0, floor: 1 } });
  const kind = failing.pipe(
    once,
    errorKind(),
    catchError((kind: string) => of(kind)),
  );
  expectObservable(source.pipe(mergeMap(() => kind))).toBe(kinds, { c: 'connection' });
  expectSubscriptions(failing.subscriptions).toBe([first, again, second]);
});

import { contentDeltas, type RateLimitError } from 'rx-groq';
import { catchError, of } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';

marbles('With a maxWait, whoever is first and would wait longer for room fails at once, unsent', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const response = cold('(hX.|)', answer);
  //  1 per 10 ms        a---------|
  const client = clientOf(
    { windows: [{ limit: 1, per: 10 }] },
    { a: response, b: response, c: response },
    { maxWait: 5 },
  );
  const text = (letter: string) =>
    client.stream(ask(letter)).pipe(
      contentDeltas(),
      catchError((error: RateLimitError) =>
        of(`${error.kind} ${error.retryAfterMs} ${error.window} ${error.attempts}`),
      ),
    );
  expectObservable(text('a')).toBe('(X|)');
  expectObservable(cold('-b').pipe(client.streamMap(ask, () => text('b')))).toBe('-r', {
    r: 'rate_limit 9 requests per 10ms 0',
  });
  expectObservable(cold('-----c').pipe(client.streamMap(ask, () => text('c')))).toBe('----------X');
  expectSubscriptions(response.subscriptions).toBe(['(^!)', '----------(^!)']);
});

marbles('A closed window makes wait for as long as it is closed, whatever the maxWait', helpers => {
  const { cold, expectObservable } = helpers;
  const client = clientOf({ windows: [{ limit: 0, per: 10 }] }, { a: cold('(hX.|)', answer) }, { maxWait: 5 });
  expectObservable(client.stream(ask('a')).pipe(contentDeltas()), '1m !').toBe('');
});

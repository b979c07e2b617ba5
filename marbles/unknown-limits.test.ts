import { type ChatClient, type ChatEvent, contentDeltas, type ResponseHead } from 'rx-groq';
import { defer, filter, map, type Observable } from 'rxjs';
import { answer, ask, clientOf, head } from './support/chat.js';
import { marbles } from './support/marbles.js';

/** A refusal that does not say what was used up. */
const slowDown = {
  h: head(429, { 'retry-after': '1' }),
  b: new TextEncoder().encode(JSON.stringify({ error: { message: 'Too many requests, slow down.' } })),
};

/** Each letter as a request, and again when its text comes. */
const answered = (client: ChatClient, letters$: Observable<string>): Observable<string> =>
  letters$.pipe(
    client.streamMap(
      letter => ask(letter),
      (chunks$, letter) =>
        chunks$.pipe(
          contentDeltas(),
          map(() => letter),
        ),
    ),
  );

/** The first response once, from then on the second. */
const then = (first: Observable<ResponseHead | Uint8Array>, next: Observable<ResponseHead | Uint8Array>) => {
  const left = [first];
  return defer(() => left.shift() ?? next);
};

/** The limits that were learned, as they are. */
const learned = (client: ChatClient): Observable<string> =>
  client.events$.pipe(
    filter((event): event is Extract<ChatEvent, { type: 'window' }> => event.type === 'window'),
    map(({ change }) => `${change.window.limit}`),
  );

marbles('An absent limit is none, until the server refuses: then half of what went in the minute before', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  (abcd)----e');
  const plain = cold('   (hX.|)', answer);
  const refused = cold(' (hb|)', slowDown);
  //  4 went, so from now on 2 in a minute: e has to wait until the 4 are out of it
  const expected = '     (abcd) 59994ms e';
  const client = clientOf({ dialect: 'openai' }, { a: plain, b: plain, c: plain, d: plain, e: then(refused, plain) });
  expectObservable(learned(client), '2m !').toBe('----------2');
  expectObservable(answered(client, source), '2m !').toBe(expected);
});

marbles('It grows by a step for each minute in which somebody waited for it and nothing was refused', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('(abcd)----e----(fghi)');
  const plain = cold(' (hX.|)', answer);
  const refused = cold('(hb|)', slowDown);
  //  e refused at 10: 2 a minute. e and f go at 60 s; at 120 s it is 3 a minute: g, h and i
  const expected = '   (abcd) 59994ms (ef) 59996ms (ghi)';
  const all = { a: plain, b: plain, c: plain, d: plain, f: plain, g: plain, h: plain, i: plain };
  const client = clientOf({ dialect: 'openai' }, { ...all, e: then(refused, plain) });
  expectObservable(answered(client, source), '3m !').toBe(expected);
});

marbles('A further refusal halves it; one that was sent before says nothing of it', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  (abcd)----(ef)');
  const plain = cold('   (hX.|)', answer);
  const refused = cold(' --(hb|)', slowDown);
  //  both are on their way when the first is refused: 5 were sent with f, so 2; f's refusal at the same instant changes nothing
  const client = clientOf(
    { dialect: 'openai' },
    { a: plain, b: plain, c: plain, d: plain, e: then(refused, plain), f: then(refused, plain) },
  );
  expectObservable(learned(client), '30s !').toBe('------------2');
  expectObservable(answered(client, source), '2m !').toBe('(abcd) 59994ms (ef)');
});

marbles('Where a window of requests is known, a refusal without words makes none', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  a---b');
  const plain = cold('   (hX.|)', answer);
  const refused = cold(' (hb|)', slowDown);
  const client = clientOf({ dialect: 'openai', req_per_minute: 10 }, { a: plain, b: then(refused, plain) });
  expectObservable(learned(client), '30s !').toBe('');
  expectObservable(answered(client, source), '30s !').toBe('a--- 1s b');
});

marbles('Where hardly anything was sent, there is nothing to guess from: all wait as told, and then go', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  (ab)c');
  const plain = cold('   (hX.|)', answer);
  const refused = cold(' --(hb|)', slowDown);
  //  a is refused at 2; whoever came before or comes after goes when the server's second is over
  const client = clientOf({ dialect: 'openai', max_concurrent: 1 }, { a: then(refused, plain), b: plain, c: plain });
  expectObservable(learned(client), '30s !').toBe('');
  expectObservable(answered(client, source), '30s !').toBe('1002ms (abc)');
});

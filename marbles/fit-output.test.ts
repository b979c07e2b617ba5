import { type ChatClient, type ChatEvent, contentDeltas, type ResponseHead } from 'rx-groq';
import { catchError, filter, map, type Observable, of } from 'rxjs';
import { answer, ask, clientOf, head } from './support/chat.js';
import { marbles } from './support/marbles.js';

/*
 * Each prompt has 10 tokens, and the server keeps what it reserved, so a request takes 10 and its cap. `b` asks for 5000, which no window of
 * 3000 can hold.
 */

const windows = [{ limit: 3000, per: 30, unit: 'tokens' }] as const;
const capOf = { a: 1000, b: 5000, c: 5000 };

/** A letter when its text comes. */
const text = (client: ChatClient, letter: keyof typeof capOf): Observable<string> =>
  client.stream(ask(letter, { max_completion_tokens: capOf[letter] })).pipe(contentDeltas());

/** The caps that are sent in place of their own, as they go. */
const fitted = (client: ChatClient): Observable<number> =>
  client.events$.pipe(
    filter((event): event is Extract<ChatEvent, { type: 'output_fitted' }> => event.type === 'output_fitted'),
    map(({ to }) => to),
  );

marbles('true: a cap is lowered to what the window can ever hold, and waits until it is all there', helpers => {
  const { cold, expectObservable } = helpers;
  const plain = cold('(hX.|)', answer);
  //  3000 per 30                     a----30ms----|
  //  b's 10 + 2990                                b
  const client = clientOf({ windows, refund: 'never' }, { a: plain, b: plain }, { fitOutput: true });
  expectObservable(fitted(client), '1s !').toBe('30ms b', { b: 2990 });
  expectObservable(text(client, 'a')).toBe('     (X|)');
  expectObservable(text(client, 'b'), '--^').toBe('30ms (X|)');
});

marbles("'now': it is lowered to what is free at this moment; where that is too little, to what ever is", helpers => {
  const { cold, expectObservable } = helpers;
  const plain = cold('(hX.|)', answer);
  //  3000 per 30                     a----30ms----|
  //  b's 10 + 1980 are there           b----30ms----|
  //  c's are not: 10 + 2990                         c
  const client = clientOf({ windows, refund: 'never' }, { a: plain, b: plain, c: plain }, { fitOutput: 'now' });
  expectObservable(fitted(client), '1s !').toBe('--b 29ms c', { b: 1980, c: 2990 });
  expectObservable(text(client, 'a')).toBe('       (X|)');
  expectObservable(text(client, 'b'), '--^').toBe('  --(X|)');
  expectObservable(text(client, 'c'), '----^').toBe('32ms (X|)');
});

const tooLarge = {
  h: head(413, { 'retry-after': '27' }), // which means nothing
  b: new TextEncoder().encode(
    JSON.stringify({
      error: {
        message:
          'Request too large for model `m` in organization `org_x` on tokens per minute (TPM): Limit 3000, Requested 5010, please reduce your message size and try again. Need more tokens? Upgrade to Dev Tier today',
        type: 'tokens',
        code: 'rate_limit_exceeded',
      },
    }),
  ),
};

/** The first response once, from then on the others. */
const inOrder = (...all: Observable<ResponseHead | Uint8Array>[]) => ({
  get b() {
    return all.length > 1 ? all.shift()! : all[0]!;
  },
});

marbles('A window that only a 413 tells is learnt: what asked too much goes again with what it holds', helpers => {
  const { cold, expectObservable } = helpers;
  const answers = inOrder(cold('(hb|)', tooLarge), cold('(hX.|)', answer));
  const client = clientOf({ dialect: 'groq', refund: 'never' }, answers, { fitOutput: true });
  expectObservable(fitted(client), '1s !').toBe('b', { b: 2990 });
  expectObservable(text(client, 'b')).toBe('     (X|)');
  expectObservable(
    client.events$.pipe(
      filter((event): event is Extract<ChatEvent, { type: 'window' }> => event.type === 'window'),
      map(({ change: { reason, window } }) => `${reason} ${window.limit} ${window.unit} per ${window.per}`),
    ),
    '1s !',
  ).toBe('w', { w: 'learned 3000 tokens per 60000' });
});

marbles('Without fitOutput it fails, and those after it know the window', helpers => {
  const { cold, expectObservable } = helpers;
  const client = clientOf({ dialect: 'groq', refund: 'never' }, inOrder(cold('(hb|)', tooLarge)));
  const failure = text(client, 'b').pipe(catchError(({ kind, attempts }) => of(`${kind}, sent ${attempts} times`)));
  expectObservable(failure).toBe('         (b|)', { b: 'request_too_large, sent 1 times' });
  expectObservable(failure, '-^').toBe('    -(b|)', { b: 'request_too_large, sent 0 times' });
});

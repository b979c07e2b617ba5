import { contentDeltas } from 'rx-groq';
import { expect } from 'vitest';
import { answer, ask, clientOf, end } from './support/chat.js';
import { marbles } from './support/marbles.js';

/*
 * An answer without a cap is forecast to have 1024 tokens, which are 3072 characters at the least; `L` is 4000 at once. What has passed its
 * forecast reserves twice as much, again and again, so that nobody goes whom the end of it would leave without room.
 */

const long = new TextEncoder().encode(
  `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'x'.repeat(4000) } }] })}\n\n`,
);
const windows = [{ limit: 3000, per: 30, unit: 'tokens' }] as const;

marbles(
  'An answer that passes its forecast reserves twice as much from then on',
  ({ cold, expectObservable, flush }) => {
    const a = cold('    -h--L----.|', { ...answer, L: long, '.': end(10, 2000) });
    const plain = cold('    (hX.|)', answer);
    //  3000 per 30         aA--2----a---|   1034 reserved, 2058 from L on, 2010 in the end
    //                           c           1010 would fit beside 1034, but not beside what a takes
    const client = clientOf({ windows, refund: 'usage' }, { a, c: plain });
    const used: number[] = [];
    client.limits$('m').subscribe(({ windows: [window] }) => used.push(window!.used));
    client.stream(ask('a')).subscribe();
    const text = client.stream(ask('c', { max_completion_tokens: 1000 })).pipe(contentDeltas());
    expectObservable(text, '-----^').toBe('     31ms (X|)');
    flush();
    expect([...new Set(used)].slice(0, 4)).toEqual([0, 1034, 2058, 2010]);
  },
);

marbles('Under a cap nothing grows: it bounds what is reserved', ({ cold, expectObservable, flush }) => {
  const a = cold('    -h--L----.|', { ...answer, L: long, '.': end(10, 1500) });
  const plain = cold('    (hX.|)', answer);
  const client = clientOf({ windows, refund: 'usage' }, { a, c: plain });
  const used: number[] = [];
  client.limits$('m').subscribe(({ windows: [window] }) => used.push(window!.used));
  client.stream(ask('a', { max_completion_tokens: 1900 })).subscribe();
  const text = client.stream(ask('c', { max_completion_tokens: 1000 })).pipe(contentDeltas());
  //  3000 per 30         aA---c---a---|   1910, then 1510: c fits at once
  expectObservable(text, '-----^').toBe('     -----(X|)');
  flush();
  expect([...new Set(used)].slice(0, 2)).toEqual([0, 1910]);
});

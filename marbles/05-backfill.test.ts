import { rateWindow } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';

const tenTokens = { limit: 10, per: 20, unit: 'tokens' } as const;

/** Operator of `tenTokens` whose values take as many tokens as is said of their letters, and have priority 5 unless said. */
const paced = (
  tokens: Record<string, number>,
  backfill: boolean | { depth?: number; slack?: number },
  priorities: Record<string, number> = {},
) =>
  rateWindow<string>(tenTokens, {
    cost: letter => ({ tokens: tokens[letter]! }),
    priority: letter => priorities[letter] ?? 5,
    backfill,
  });

marbles('While the first waits, one of lower priority goes if it does not delay the first by a single ms', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' aFbc|');
  const subs = '        ^---!';
  //  6 of 10 tokens    a-------------------|       F takes 8: it waits for 20, with or without b (2); with c (3) it would not fit
  //                      b-------------------|
  //                                        F-------------------|
  const expected = '    a-b-----------------F-------------------(c|)';
  const operator = paced({ a: 6, F: 8, b: 2, c: 3 }, true, { b: 6, c: 6 });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Without backfill nobody goes before the first', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' aFbc|');
  const subs = '        ^---!';
  //  6 of 10 tokens    a-------------------|
  //                                        F-------------------|
  //                                        b-------------------|
  const expected = '    a-------------------(Fb)----------------(c|)';
  const operator = paced({ a: 6, F: 8, b: 2, c: 3 }, false, { b: 6, c: 6 });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Those of its own priority may delay the first, but all together by no more than `slack`', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' aFGH|');
  const subs = '        ^---!';
  //  4 of 10 tokens    a-------------------|             F takes 8 and could go at 20
  //  slack: 2 ms         G-------------------|           G (3) makes that 22, which uses up the slack: H (3) would make it 23
  //                                          F-------------------|
  const expected = '    a-G-------------------F-------------------(H|)';
  expectObservable(source.pipe(paced({ a: 4, F: 8, G: 3, H: 3 }, { slack: 0.1 }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Without slack they may not delay it at all', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' aFGH|');
  const subs = '        ^---!';
  //  4 of 10 tokens    a-------------------|             F could go at 20, and does
  //                                        F-------------------|
  const expected = '    a-------------------F-------------------(GH|)';
  expectObservable(source.pipe(paced({ a: 4, F: 8, G: 3, H: 3 }, { slack: 0 }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('One of lower priority has no slack', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' aFG|');
  const subs = '        ^--!';
  //  4 of 10 tokens    a-------------------|             G (3) would make F (8) go at 22, within the slack, but F is more urgent
  //                                        F-------------------|
  const expected = '    a-------------------F-------------------(G|)';
  expectObservable(source.pipe(paced({ a: 4, F: 8, G: 3 }, { slack: 0.1 }, { G: 6 }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Requests go at whole ms, so half a ms of slack is none', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (aFb|)');
  const subs = '        (^!)';
  //  9 tokens in 5 ms  a                a takes 7: F (3) goes 0.6 ms later, at 1; behind b (1) it would go 1.1 ms later, at 2
  const expected = '    aF(b|)';
  const operator = rateWindow<string>(
    { limit: 9, per: 5, unit: 'tokens', kind: 'bucket' },
    { cost: letter => ({ tokens: { a: 7, F: 3, b: 1 }[letter]! }), backfill: { slack: 0.1 } },
  );
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

const oneIn5 = { limit: 1, per: 5 } as const;
const inTurn = (tokens: Record<string, number>, depth: number) =>
  rateWindow<string, [typeof oneIn5, typeof tenTokens]>([oneIn5, tenTokens], {
    cost: letter => ({ tokens: tokens[letter]! }),
    priority: letter => (letter === 'F' ? 5 : 6),
    backfill: { depth },
  });

marbles('Of those that may go, the largest that fits goes first', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a(Fbcd|)');
  const subs = '        ^!';
  //  1 per 5 ms        a----|    a second request may go at 5
  //  5 of 10 tokens    a-------------------|                 F takes 6 and waits for 20; that leaves 4 for others until then
  //                         c-------------------|            c takes 4, b and d less
  const expected = '    a----c--------------F----b----(d|)';
  expectObservable(source.pipe(inTurn({ a: 5, F: 6, b: 1, c: 4, d: 2 }, 100))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Only the next `depth` are looked at', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a(Fbcd|)');
  const subs = '        ^!';
  //  1 per 5 ms        a----|
  //  5 of 10 tokens    a-------------------|
  //  depth: 1               b-------------------|            b alone is near enough at 5; with it, c (4) would delay F
  //                                        F-------------------|
  const expected = '    a----b--------------F----c--------------(d|)';
  expectObservable(source.pipe(inTurn({ a: 5, F: 6, b: 1, c: 4, d: 2 }, 1))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('In a bucket, too, one of lower priority goes only if the first still goes at its own instant', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' aFbc|');
  const subs = '        ^---!';
  //  level, 1 a ms     23456       a takes 8 of 10: F, which takes 6, goes at 4
  //                        0111    b (1) would fit at 2, but then F would go at 5
  const expected = '    a---Fb(c|)';
  const operator = rateWindow<string>(
    { limit: 10, per: 10, unit: 'tokens', kind: 'bucket' },
    {
      cost: letter => ({ tokens: { a: 8, F: 6, b: 1, c: 1 }[letter]! }),
      priority: letter => (letter === 'F' ? 5 : 6),
      backfill: true,
    },
  );
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('The client fills gaps unless it is told not to', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('  aFb|');
  const plain = cold('   aFb|');
  const subs = '         ^--!';
  //  60 of 100 tokens   a-------------------|            F takes 80, b 20
  const filled = '       a-b-----------------(F|)';
  const ordered = '      a-------------------(Fb|)';
  const response = cold('(hX.|)', answer);
  const responses = { a: response, F: response, b: response };
  const model = { windows: [{ ...tenTokens, limit: 100 }], refund: 'never' } as const;
  const caps: Record<string, number> = { a: 50, F: 70, b: 10 }; // and 10 for each prompt
  const request = (letter: string) =>
    ask(letter, { max_completion_tokens: caps[letter]!, priority: letter === 'b' ? 6 : 5 });
  const answers = (client: ReturnType<typeof clientOf>) =>
    [client.completeMap(request), map(({ value }: { value: string }) => value)] as const;
  expectObservable(source.pipe(...answers(clientOf(model, responses)))).toBe(filled);
  expectObservable(plain.pipe(...answers(clientOf(model, responses, { backfill: false })))).toBe(ordered);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(plain.subscriptions).toBe(subs);
});

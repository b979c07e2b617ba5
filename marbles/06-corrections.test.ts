import { contentDeltas, type Permit, rateWindowMap } from 'rx-groq';
import { EMPTY, map, type Observable, tap } from 'rxjs';
import { answer, ask, clientOf, end } from './support/chat.js';
import { marbles } from './support/marbles.js';

/** Ten tokens in 20 ms; a value takes as many as is said of its letter, and settles to what is said where its response has an `s`. */
const tokensOf = (
  responses: Record<string, Observable<string>>,
  estimates: Record<string, number>,
  actual: number,
  kind: 'sliding' | 'bucket',
) =>
  rateWindowMap(
    { limit: 10, per: 20, unit: 'tokens', kind },
    (letter: string, permit: Permit) =>
      responses[letter]!.pipe(tap(what => what === 's' && permit.settle({ tokens: actual }))),
    { cost: letter => ({ tokens: estimates[letter]! }) },
  );

marbles('What settling frees is admitted at once', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab|)');
  const subs = '        (^!)';
  const a = cold('      -r-s|');
  const b = cold('         -r|');
  //  10 of 10 tokens   aA-|                    settled to 4
  //                       bB-------…           6 more fit
  const asubs = '       ^---!';
  const bsubs = '       ---^-!';
  const expected = '    -r-sr|';
  expectObservable(source.pipe(tokensOf({ a, b }, { a: 10, b: 6 }, 4, 'sliding'))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles('A bucket stands after settling as if the estimate had been right', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab|)');
  const subs = '        (^!)';
  const a = cold('      -r-s|');
  const b = cold('           -r|');
  //  level, ½ a ms     10                      a takes 10 at A: 0 at 1, 1 at 3
  //                     6-7-8                  settled to 4: 6 at 1, 7 at 3, and 8, as many as b takes, at 5
  const asubs = '       ^---!';
  const bsubs = '       -----^-!';
  const expected = '    -r-s--r|';
  expectObservable(source.pipe(tokensOf({ a, b }, { a: 10, b: 8 }, 4, 'bucket'))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles('What was lost to a full bucket, settling does not bring back', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a------(bc|)');
  const subs = '        ^------!';
  const a = cold('      r-------s|');
  const b = cold('             r|');
  const c = cold('                    r|');
  //  level, ½ a ms     8---10-----                a takes 2; full again at 4
  //                           1------4            b takes 9 at 7; that a took nothing after all changes nothing: c (4) goes at 13
  const asubs = '       ^--------!';
  const bsubs = '       -------^!';
  const csubs = '       -------------^!';
  const expected = '    r------rs----r|';
  expectObservable(source.pipe(tokensOf({ a, b, c }, { a: 2, b: 9, c: 4 }, 0, 'bucket'))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
  expectSubscriptions(c.subscriptions).toBe(csubs);
});

marbles('… not even if another has turned out dearer since then', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab)-------c|');
  const subs = '        ^-----------!';
  const a = cold('      r---------s|');
  const b = cold('      r--------u|');
  const c = cold('                   r|');
  //  level, ½ a ms     6-------10           a and b take 2 each; full again at 8
  //                             6---8       b took 4 more, says u; that a took nothing, says s, is 2 that were lost at 8: c takes 8
  const asubs = '       ^----------!';
  const bsubs = '       ^---------!';
  const csubs = '       -------------^!';
  const expected = '    (rr)-----us--r|';
  const responses: Record<string, Observable<string>> = { a, b, c };
  const actual: Record<string, number> = { s: 0, u: 6 };
  const operator = rateWindowMap(
    { limit: 10, per: 20, unit: 'tokens', kind: 'bucket' },
    (letter: string, permit: Permit) =>
      responses[letter]!.pipe(tap(what => what !== 'r' && permit.settle({ tokens: actual[what]! }))),
    { cost: letter => ({ tokens: letter === 'c' ? 8 : 2 }) },
  );
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
  expectSubscriptions(c.subscriptions).toBe(csubs);
});

marbles('Usage above the estimate counts: nothing goes until the window is back under its limit', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a--b--c|');
  const subs = '        ^------!';
  const a = cold('      r-s|');
  const b = cold('                          r---|');
  const c = cold('                          r---|');
  //  2 of 10 tokens    a-|
  //  12 of 10            s-----------------|     until a leaves the window
  const asubs = '       ^--!';
  const bsubs = '       --------------------^---!';
  const csubs = '       --------------------^---!';
  const expected = '    r-s-----------------(rr)|';
  expectObservable(source.pipe(tokensOf({ a, b, c }, { a: 2, b: 1, c: 1 }, 12, 'sliding'))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
  expectSubscriptions(c.subscriptions).toBe(csubs);
});

marbles('A bucket that is overdrawn refills until the next fits', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a--b|');
  const subs = '        ^---!';
  const a = cold('      r-s|');
  const b = cold('              r|');
  //  level, ½ a ms     8-9                         a takes 2 at 0
  //                      -1-0-1                    and 10 more at 2: b (1) goes when the level is 1
  const asubs = '       ^--!';
  const bsubs = '       ------^!';
  const expected = '    r-s---r|';
  expectObservable(source.pipe(tokensOf({ a, b }, { a: 2, b: 1 }, 12, 'bucket'))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles('Settling replaces the estimate in every window that still counts it', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abc|)');
  const subs = '        (^!)';
  const a = cold('      r-----s|');
  const b = cold('           r|');
  const c = cold('                r|');
  //  10 tokens/5 ms    a----|                  has forgotten a when it settles, at 6
  //                         b----|
  //                              c----|
  //  25 tokens/20 ms   a-------------------|   counts 10 for a, from 6 on 2: so c (10) fits beside b (10) at 10, not at 20
  const asubs = '       ^------!';
  const bsubs = '       -----^!';
  const csubs = '       ----------^!';
  const expected = '    r----rs---r|';
  const responses: Record<string, Observable<string>> = { a, b, c };
  const operator = rateWindowMap(
    [
      { limit: 10, per: 5, unit: 'tokens' },
      { limit: 25, per: 20, unit: 'tokens' },
    ],
    (letter: string, permit: Permit) =>
      responses[letter]!.pipe(tap(what => what === 's' && permit.settle({ tokens: 2 }))),
    { cost: { tokens: 10 } },
  );
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
  expectSubscriptions(c.subscriptions).toBe(csubs);
});

for (const kind of ['sliding', 'bucket'] as const) {
  marbles(`What is released was never sent, and is given back in the same turn (${kind})`, helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const source = cold(' (ab|)');
    const subs = '        (^!)';
    const b = cold('      r|');
    const bsubs = '       ^!';
    const expected = '    r|';
    const operator = rateWindowMap({ limit: 1, per: 20, kind }, (letter: string, permit) => {
      if (letter === 'b') return b;
      permit.release();
      return EMPTY;
    });
    expectObservable(source.pipe(operator)).toBe(expected);
    expectSubscriptions(source.subscriptions).toBe(subs);
    expectSubscriptions(b.subscriptions).toBe(bsubs);
  });
}

const used10and20 = { ...answer, '.': end(10, 20) };
const hundredTokens = { limit: 100, per: 20, unit: 'tokens' } as const;

marbles('The client settles by usage where the server gives back what was not used', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('   h-X.|', used10and20);
  const b = cold('      h-Y.|', used10and20);
  //  100 tokens     a--|                       90 asked for beside a prompt of 10; 30 used
  //                    b--…                    70 more fit
  const asubs = '    ^--!';
  const bsubs = '    ---^--!';
  const atext = '    --X|';
  const btext = '    -----Y|';
  const client = clientOf({ windows: [hundredTokens], refund: 'usage' }, { a, b });
  const request = (letter: string, cap: number) => client.stream(ask(letter, { max_completion_tokens: cap }));
  expectObservable(request('a', 90).pipe(contentDeltas())).toBe(atext);
  expectObservable(request('b', 60).pipe(contentDeltas())).toBe(btext);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

for (const refund of ['learn', 'never'] as const) {
  marbles(
    `The client settles to prompt + cap where the server keeps what was reserved (refund: '${refund}')`,
    helpers => {
      const { cold, expectObservable, expectSubscriptions } = helpers;
      const a = cold('   h-X.|', used10and20);
      const b = cold('                       h-Y.|', used10and20);
      //  100 tokens     a-------------------|
      const asubs = '    ^--!';
      const bsubs = '    --------------------^--!';
      const client = clientOf({ windows: [hundredTokens], refund }, { a, b });
      const request = (letter: string, cap: number) => client.complete(ask(letter, { max_completion_tokens: cap }));
      const adone = '    ---(.|)';
      const bdone = '    -----------------------(.|)';
      expectObservable(request('a', 90).pipe(map(() => '.'))).toBe(adone);
      expectObservable(request('b', 60).pipe(map(() => '.'))).toBe(bdone);
      expectSubscriptions(a.subscriptions).toBe(asubs);
      expectSubscriptions(b.subscriptions).toBe(bsubs);
    },
  );
}

import { contentDeltas, RateLimitError, rateWindowMap } from 'rx-groq';
import { defer, map, type Observable } from 'rxjs';
import { answer, ask, clientOf, head } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

const refusal = (retryAfterMs?: number) => new RateLimitError('refused', { retryAfterMs });

/** An inner for each value: the first diagram when it is projected first, the second when it comes back. */
const attempts = (inners: Record<string, Observable<string>[]>) => {
  const left = Object.fromEntries(Object.entries(inners).map(([letter, all]) => [letter, [...all]]));
  return (letter: string): Observable<string> => left[letter]!.shift()!.pipe(map(() => letter));
};

marbles('A refused request goes back to its own place, and all wait as the server says', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abc|)');
  const subs = '        (^!)';
  const refused = cold('--#', undefined, refusal(6));
  const a = cold('      -a|');
  const b = cold('      -b|');
  const c = cold('      -c|');
  //  1 per 3 ms        a~|     |              refused at 2: given back, and nobody goes until 8
  //                            aA--|
  //                                bB--|
  //                                    cC--|
  const expected = '    ---------a---b---c|';
  const operator = rateWindowMap({ limit: 1, per: 3 }, attempts({ a: [refused, a], b: [b], c: [c] }));
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(refused.subscriptions).toBe('^-!');
  expectSubscriptions(a.subscriptions).toBe('     --------^-!');
  expectSubscriptions(b.subscriptions).toBe('     ------------^-!');
  expectSubscriptions(c.subscriptions).toBe('     ----------------^-!');
});

marbles('A server that asks for no wait at all gets the refused one first, too', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab|)');
  const subs = '        (^!)';
  const refused = cold('--#', undefined, refusal(0));
  const a = cold('      -a|');
  const b = cold('      -b|');
  //  1 per 3 ms        a~|
  //                      aA--|
  //                          bB--|
  const expected = '    ---a---b|';
  const operator = rateWindowMap({ limit: 1, per: 3 }, attempts({ a: [refused, a], b: [b] }));
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(refused.subscriptions).toBe('^-!');
  expectSubscriptions(a.subscriptions).toBe('     --^-!');
  expectSubscriptions(b.subscriptions).toBe('     ------^-!');
});

marbles('One that is more urgent still goes before it', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab)U|');
  const subs = '        ^----!';
  const refused = cold('--#', undefined, refusal(6));
  const a = cold('      -a|');
  const b = cold('      -b|');
  const U = cold('      -U|');
  //  1 per 3 ms        a~|     |              U came at 4, while all waited
  const expected = '    ---------U---a---b|';
  const operator = rateWindowMap({ limit: 1, per: 3 }, attempts({ a: [refused, a], b: [b], U: [U] }), {
    priority: letter => (letter === 'U' ? 1 : 5),
  });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(refused.subscriptions).toBe('^-!');
  expectSubscriptions(U.subscriptions).toBe('     --------^-!');
  expectSubscriptions(a.subscriptions).toBe('     ------------^-!');
  expectSubscriptions(b.subscriptions).toBe('     ----------------^-!');
});

marbles('A shorter wait does not cut a longer one short', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab|)');
  const subs = '        (^!)';
  const long = cold('   -#', undefined, refusal(8));
  const short = cold('  --#', undefined, refusal(2));
  const a = cold('      a---|');
  const b = cold('      b---|');
  //  2 per 3 ms        a|-------|             nobody goes until 9
  //                    b~|-|                  nor until 4, which is over by then
  const expected = '    ---------(ab)|';
  const operator = rateWindowMap({ limit: 2, per: 3 }, attempts({ a: [long, a], b: [short, b] }));
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(long.subscriptions).toBe(' ^!');
  expectSubscriptions(short.subscriptions).toBe('^-!');
  expectSubscriptions(a.subscriptions).toBe('    ---------^---!');
  expectSubscriptions(b.subscriptions).toBe('    ---------^---!');
});

marbles('A refused one that is cancelled while it waits steps out; the others still wait as told', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const one = cold('    a');
  const two = cold('    b|');
  const refused = cold('--#', undefined, refusal(6));
  const a = cold('      -a|');
  const b = cold('      -b|');
  const oneunsub = '    ^---!';
  //  1 per 3 ms        a~| !   |
  //                            bB--|
  const onesaid = '     -----';
  const twosaid = '     ---------b|';
  const operator = rateWindowMap({ limit: 1, per: 3 }, attempts({ a: [refused, a], b: [b] }));
  expectObservable(one.pipe(operator), oneunsub).toBe(onesaid);
  expectObservable(two.pipe(operator)).toBe(twosaid);
  expectSubscriptions(one.subscriptions).toBe(oneunsub);
  expectSubscriptions(two.subscriptions).toBe(' ^!');
  expectSubscriptions(a.subscriptions).toBe([]);
  expectSubscriptions(b.subscriptions).toBe('     --------^-!');
});

marbles('After its first emission a refusal is an error like any other', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab|)');
  const subs = '        (^!)';
  const spoken = cold(' -a-#', undefined, refusal(6));
  const b = cold('      b|');
  const expected = '    -a-#';
  const operator = rateWindowMap({ limit: 1, per: 9 }, attempts({ a: [spoken], b: [b] }));
  expectObservable(source.pipe(operator, errorKind())).toBe(expected, undefined, 'rate_limit');
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(spoken.subscriptions).toBe('^--!');
  expectSubscriptions(b.subscriptions).toBe([]);
});

marbles('The client sends a refused request again, in its own place', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const refused = cold('--r|', { r: head(429, { 'retry-after-ms': '5' }) });
  const a = cold('      hA.|', answer);
  const b = cold('      hB.|', answer);
  const first = [refused, a];
  //  1 per 4 ms        a~~|    |              refused at 2, known at 3 when its body has come: nobody goes until 8
  //                            a---|
  //                                b---|
  const refusedSubs = ' ^--!';
  const asubs = '       --------^-!';
  const bsubs = '       ------------^-!';
  const atext = '       ---------A|';
  const btext = '       -------------B|';
  const client = clientOf({ windows: [{ limit: 1, per: 4 }] }, { a: defer(() => first.shift()!), b });
  expectObservable(client.stream(ask('a')).pipe(contentDeltas())).toBe(atext);
  expectObservable(client.stream(ask('b')).pipe(contentDeltas())).toBe(btext);
  expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles('… even where the server asks for no wait at all', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const refused = cold('--r|', { r: head(429, { 'retry-after-ms': '0' }) });
  const a = cold('      hA.|', answer);
  const b = cold('      hB.|', answer);
  const first = [refused, a];
  //  1 per 4 ms        a~~|
  //                       a---|
  //                           b---|
  const refusedSubs = ' ^--!';
  const asubs = '       ---^-!';
  const bsubs = '       -------^-!';
  const atext = '       ----A|';
  const btext = '       --------B|';
  const client = clientOf({ windows: [{ limit: 1, per: 4 }] }, { a: defer(() => first.shift()!), b });
  expectObservable(client.stream(ask('a')).pipe(contentDeltas())).toBe(atext);
  expectObservable(client.stream(ask('b')).pipe(contentDeltas())).toBe(btext);
  expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles(
  'If a limit was lowered while it was away, so that it never fits again, it fails when it comes back',
  helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const windows$ = cold('2-1', { 2: { limit: 2, per: 5, unit: 'tokens' }, 1: { limit: 1, per: 5, unit: 'tokens' } });
    const windowSubs = '   ^--!';
    const source = cold('  a');
    const refused = cold(' ---#', undefined, refusal(6));
    const subs = '         ^--!';
    //  2, then 1 token    a~~|                takes 2
    const expected = '     ---#';
    const operator = rateWindowMap(windows$, attempts({ a: [refused] }), { cost: { tokens: 2 } });
    expectObservable(source.pipe(operator, errorKind())).toBe(expected, undefined, 'request_too_large');
    expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
    expectSubscriptions(source.subscriptions).toBe(subs);
    expectSubscriptions(refused.subscriptions).toBe(subs);
  },
);

import { rateWindow } from 'rx-groq';
import { marbles } from './support/marbles.js';

marbles('Raising a limit admits at once', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const windows$ = cold('1---3', { 1: { limit: 1, per: 10 }, 3: { limit: 3, per: 10 } });
  const windowSubs = '   ^---------!';
  const source = cold('  (abcd|)');
  const subs = '         (^!)';
  //  1 per 10 ms        a---|
  //  3 per 10 ms        a---------|
  //                         b---------|
  //                         c---------|
  const expected = '     a---(bc)--(d|)';
  expectObservable(source.pipe(rateWindow(windows$))).toBe(expected);
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Lowering a limit takes effect at once and loses nothing', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const windows$ = cold('3-1', { 1: { limit: 1, per: 10 }, 3: { limit: 3, per: 10 } });
  const windowSubs = '   ^--------------------!';
  const source = cold('  ab-c-d|');
  const subs = '         ^-----!';
  //  3 per 10 ms        a-|
  //  1 per 10 ms        a---------|
  //                      b---------|           as long as b counts there is no room for c
  //                                c---------|
  const expected = '     ab---------c---------(d|)';
  expectObservable(source.pipe(rateWindow(windows$))).toBe(expected);
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles("A bucket's use stays used; what there is in all changes, and the speed at which it comes back", helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const bucket = { per: 12, kind: 'bucket' } as const;
  const windows$ = cold('2---3', { 2: { limit: 2, ...bucket }, 3: { limit: 3, ...bucket } });
  const windowSubs = '   ^-----!';
  const source = cold('  (abcd|)');
  const subs = '         (^!)';
  //  of 2, 1 in 6 ms    |---|           of 2 used at 0, 1⅓ still are at 4
  //  of 3, 1 in 4 ms        |-|         so c goes at once: 2⅓ used, and 1⅚ at 6, when d fits
  const expected = '     (ab)c-(d|)';
  expectObservable(source.pipe(rateWindow(windows$))).toBe(expected);
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A limit of 0 is closed for now: requests wait until it opens', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const windows$ = cold('2-0----2', { 0: { limit: 0, per: 3 }, 2: { limit: 2, per: 3 } });
  const windowSubs = '   ^------!';
  const source = cold('  a---bc|');
  const subs = '         ^-----!';
  const expected = '     a------(bc|)';
  expectObservable(source.pipe(rateWindow(windows$))).toBe(expected);
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Values wait until the first windows are known', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const windows$ = cold('---2', { 2: { limit: 2, per: 5 } });
  const windowSubs = '   ^-------!';
  const source = cold('  (abc|)');
  const subs = '         (^!)';
  //  2 per 5 ms            a----|
  //                        b----|
  const expected = '     ---(ab)-(c|)';
  expectObservable(source.pipe(rateWindow(windows$))).toBe(expected);
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A window that is added counts what has gone before', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const first = { limit: 3, per: 4 };
  const windows$ = cold('1-2', { 1: [first], 2: [first, { limit: 2, per: 10 }] });
  const windowSubs = '   ^---------!';
  const source = cold('  ab-c|');
  const subs = '         ^---!';
  //  3 per 4 ms         a---|
  //                      b---|
  //  2 per 10 ms        a-|-------|            begins at 2, and knows a and b
  //                      b---------|
  const expected = '     ab--------(c|)';
  expectObservable(source.pipe(rateWindow(windows$))).toBe(expected);
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('An error of the windows reaches everybody who subscribed', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const windows$ = cold('1---#', { 1: { limit: 1, per: 9 } });
  const windowSubs = '   ^---!';
  const first = cold('   ab');
  const second = cold('  -c');
  const subs = '         ^---!';
  const operator = rateWindow<string>(windows$);
  expectObservable(first.pipe(operator)).toBe('a---#');
  expectObservable(second.pipe(operator)).toBe('----#');
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(first.subscriptions).toBe(subs);
  expectSubscriptions(second.subscriptions).toBe(subs);
});

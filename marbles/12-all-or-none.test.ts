import { type RateWindow, rateWindow, rateWindowMap } from 'rx-groq';
import { map } from 'rxjs';
import { marbles } from './support/marbles.js';

marbles('A request that waits for one window takes nothing from another', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' aBu|');
  const subs = '        ^--!';
  //  2 per 5 ms        a----|                  had B taken its request, u would have to wait for 5
  //                      u----|
  //  10 tokens/20 ms   a-------------------|   a and B take 6 each, u takes 1 and is more urgent
  const expected = '    a-u-----------------(B|)';
  const operator = rateWindow<string, RateWindow[]>(
    [
      { limit: 2, per: 5 },
      { limit: 10, per: 20, unit: 'tokens' },
    ],
    { cost: letter => ({ tokens: letter === 'u' ? 1 : 6 }), priority: letter => (letter === 'u' ? 1 : 5) },
  );
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('It is counted in all windows at one instant: that of its admission', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abc|)');
  const subs = '        (^!)';
  //  1 per 4 ms        a---b---c
  //  2 per 11 ms       a----------|            b, which came at 0, counts from 4 on
  //                        b----------|
  const expected = '    a---b------(c|)';
  const operator = rateWindow([
    { limit: 1, per: 4 },
    { limit: 2, per: 11 },
  ]);
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('maxConcurrent is one more such limit: who waits for it takes nothing from a window', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abc|)');
  const subs = '        (^!)';
  const response = cold('  x-----|');
  //  1 at once         a-----|                 had b been counted at 0, nothing but maxConcurrent would hold c back at 12
  //  2 per 9 ms        a--------|
  //                          b--------|        so c waits until 15
  const asubs = '       ^-----!';
  const bsubs = '       ------^-----!';
  const csubs = '       ------------^-----!';
  const expected = '    a-----b-----c-----|';
  const operator = rateWindowMap({ limit: 2, per: 9 }, value => response.pipe(map(() => value)), { maxConcurrent: 1 });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(response.subscriptions).toBe([asubs, bsubs, csubs]);
});

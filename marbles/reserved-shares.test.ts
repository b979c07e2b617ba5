import { rateWindow, rateWindowMap } from 'rx-groq';
import { errorKind, marbles } from './support/marbles.js';

/** Capitals are urgent. */
const priority = (letter: string): number => (/[A-Z]/.test(letter) ? 1 : 5);

marbles('What is less urgent leaves the reserved share of a window to the urgent, who may take all of it', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcdeA)(BCD)|');
  const subs = '        ^------------!';
  //  5 per 20 ms, 2 reserved   a 20ms |            d and e wait, though there is room for them
  //                            b      |
  //                            c      |
  //                            A      |
  //                                    B           C and D wait for want of room
  const expected = '    (abcA)--B 11ms (CDde|)';
  expectObservable(source.pipe(rateWindow({ limit: 5, per: 20 }, { priority, reserve: { 1: 0.4 } }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Corrections count in the reserve too', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab|)');
  const subs = '        (^!)';
  //  10 per 20 ms, 4 reserved: a is estimated at 6 and turns out to have taken 2, so b's 4 fit at once
  const expected = '    -a---b--|';
  const operator = rateWindowMap(
    { limit: 10, per: 20, unit: 'tokens' },
    (letter, permit) => {
      if (letter === 'a') cold('----s').subscribe(() => permit.settle({ tokens: 2 }));
      return cold(letter === 'a' ? '-a--|' : '-b--|');
    },
    { cost: letter => ({ tokens: letter === 'a' ? 6 : 4 }), reserve: { 1: 0.4 } },
  );
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('What would need the reserve for itself alone can never go', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold(' -A-a');
  const expected = '    -A-#';
  const operator = rateWindow(
    { limit: 10, per: 5, unit: 'tokens' },
    { cost: { tokens: 7 }, priority, reserve: { 1: 0.4 } },
  );
  expectObservable(source.pipe(operator, errorKind())).toBe(expected, undefined, 'request_too_large');
});

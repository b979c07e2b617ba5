import { rateWindow, rateWindowMap } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

/** Small letters are one tenant's, capitals another's, digits a third's. */
const tenant = (letter: string): string =>
  /[a-z]/.test(letter) ? 'small' : /[A-Z]/.test(letter) ? 'capital' : 'digit';

marbles('Within one priority keys take turns, however many values one of them has', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcdefABC1|)');
  const subs = '        (^!)';
  //  1 per 3 ms, so in order of arrival it were a b c d e f A B C 1
  const expected = '    a--A--1--b--B--c--C--d--e--(f|)';
  expectObservable(source.pipe(rateWindow({ limit: 1, per: 3 }, { fairBy: tenant }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Turns are by what is taken, not by number', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcABC|)');
  const subs = '        (^!)';
  const window = { limit: 4, per: 4, unit: 'tokens' } as const;
  const cost = (letter: string) => ({ tokens: tenant(letter) === 'small' ? 4 : 2 });
  //  small ones take 4 of 4, capitals 2: two capitals for each small one
  const expected = '    a---(AB)b---C---(c|)';
  expectObservable(source.pipe(rateWindow(window, { cost, fairBy: tenant }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A key of weight 2 gets two turns for one', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcdABCD|)');
  const subs = '        (^!)';
  const fairBy = { key: tenant, weight: (letter: string) => (tenant(letter) === 'capital' ? 2 : 1) };
  const expected = '    a--A--B--b--C--D--c--(d|)';
  expectObservable(source.pipe(rateWindow({ limit: 1, per: 3 }, { fairBy }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Being silent saves up nothing: who comes late takes turns from then on', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcdef)--(ABC)|');
  const subs = '        ^--------------!';
  const expected = '    a--b--c--d--A--e--B--f--(C|)';
  expectObservable(source.pipe(rateWindow({ limit: 1, per: 3 }, { fairBy: tenant }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Priority comes before turns', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abAB|)');
  const subs = '        (^!)';
  const expected = '    a--b--A--(B|)';
  const priority = (letter: string) => (tenant(letter) === 'small' ? 1 : 5);
  expectObservable(source.pipe(rateWindow({ limit: 1, per: 3 }, { fairBy: tenant, priority }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A weight that is none fails at its value', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('-a-b|');
  const subs = '       ^!';
  const expected = '   -#';
  const fairBy = { key: tenant, weight: () => 0 };
  expectObservable(
    source.pipe(
      rateWindowMap({ limit: 1, per: 3 }, letter => letter, { fairBy }),
      errorKind(),
    ),
  ).toBe(expected, undefined, 'request_invalid');
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('In the client a tenant with one request does not wait behind another with many', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('(abcA)');
  const response = cold('(hX.|)', answer);
  const answers = { a: response, b: response, c: response, A: response };
  const client = clientOf({ windows: [{ limit: 1, per: 10 }] }, answers, { fairBy: ({ context }) => context });
  const answered = source.pipe(
    client.completeMap(letter => ask(letter, { context: tenant(letter) })),
    map(({ value }) => value),
  );
  expectObservable(answered, '50ms !').toBe('a---------A---------b---------c');
});

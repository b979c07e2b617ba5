import { type RateWindow, rateWindow } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';

/** Priorities of the letters: l is low, u, v and w are more urgent. */
const priorities: Record<string, number> = { x: 1, l: 3, u: 2, v: 2, w: 2 };
const priority = (letter: string): number => priorities[letter]!;

for (const kind of ['sliding', 'bucket'] as const) {
  marbles(
    `A waiting request gains a level for every \`aging\` ms that it has waited; ties go by arrival (${kind})`,
    helpers => {
      const { cold, expectObservable, expectSubscriptions } = helpers;
      const source = cold(' xlu---------v---------w|');
      const subs = '        ^----------------------!';
      //  l ages             3---------2---------1           has level 2 when the turn comes at 20, as v has, but came earlier
      //  1 per 10 ms       x---------|---------|---------|---------|
      const expected = '    x---------u---------l---------v---------(w|)';
      expectObservable(source.pipe(rateWindow({ limit: 1, per: 10, kind }, { priority, aging: 10 }))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    },
  );
}

marbles(
  'The bare operator knows no aging unless it is told: the low one waits for all that are more urgent',
  helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const source = cold(' xlu---------v---------w|');
    const subs = '        ^----------------------!';
    //  1 per 10 ms       x---------|---------|---------|---------|
    const expected = '    x---------u---------v---------w---------(l|)';
    expectObservable(source.pipe(rateWindow({ limit: 1, per: 10 }, { priority }))).toBe(expected);
    expectSubscriptions(source.subscriptions).toBe(subs);
  },
);

marbles('Nobody ages beyond level 1: one that was urgent from the start and came earlier goes first', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' xunv|');
  const subs = '        ^---!';
  //  n ages              10 at 2, 9 at 4, … 1 at 20: as urgent as u, which came before it, and as v, which came after it
  //  1 per 20 ms       x-------------------|-------------------|-------------------|
  const expected = '    x-------------------u-------------------n-------------------(v|)';
  const byLetter = (letter: string): number => (letter === 'n' ? 10 : 1);
  expectObservable(source.pipe(rateWindow({ limit: 1, per: 20 }, { priority: byLetter, aging: 2 }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('One that waits for room is overtaken at the instant at which another gains its level', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' alB|');
  const subs = '        ^--!';
  //  1 per 5 ms        a----|
  //  10 tokens/20 ms   a-------------------|           a takes 6, so B, which takes 8, waits for 20; l takes 2
  //  l ages             3----2                         as urgent as B at 6, and it came before
  const expected = '    a-----l-------------(B|)';
  const tokens: Record<string, number> = { a: 6, B: 8, l: 2 };
  const levels: Record<string, number> = { a: 1, B: 2, l: 3 };
  const operator = rateWindow<string, RateWindow[]>(
    [
      { limit: 1, per: 5 },
      { limit: 10, per: 20, unit: 'tokens' },
    ],
    { cost: letter => ({ tokens: tokens[letter]! }), priority: letter => levels[letter]!, aging: 5 },
  );
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('In the client a level is 30 s', helpers => {
  const { hot, cold, expectObservable, expectSubscriptions } = helpers;
  const source = hot('  xlu 19997ms v|');
  const subs = '        ^-- 19997ms -!';
  //  l ages             3 29999ms 2
  //  1 per 20 s        x 19999ms | 19999ms | 19999ms |
  const expected = '    x 19999ms u 19999ms l 19999ms (v|)';
  const response = cold('(hX.|)', answer);
  const client = clientOf(
    { windows: [{ limit: 1, per: '20s' }] },
    { x: response, l: response, u: response, v: response },
  );
  const answers = source.pipe(
    client.completeMap(letter => ask(letter, { priority: priority(letter) })),
    map(({ value }) => value),
  );
  expectObservable(answers).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(response.subscriptions).toBe(['(^!)', '20000ms (^!)', '40000ms (^!)', '60000ms (^!)']);
});

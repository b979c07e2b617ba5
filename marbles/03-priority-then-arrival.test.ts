import { mergeByPriority, rateWindow, withPriority } from 'rx-groq';
import { map, merge, range, repeat, retry, take } from 'rxjs';
import { marbles } from './support/marbles.js';

/** Values that can carry a priority; the letters of the diagrams are their names. */
const named = Object.fromEntries([...'abcdeUVW'].map(name => [name, { name }]));
const toName = map(({ name }: { name: string }) => name);

marbles('The most urgent goes next, whenever it came; within a priority, first in, first out', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const urgent = cold('  ----U--V|', named);
  const normal = cold('  (abcd|)', named);
  const urgentSubs = '   ^-------!';
  const normalSubs = '   (^!)';
  //  1 per 3 ms         a--b--U--V--c--d
  const expected = '     a--b--U--V--c--(d|)';
  const merged = mergeByPriority({ 1: urgent, 5: normal });
  expectObservable(merged.pipe(rateWindow({ limit: 1, per: 3 }), toName)).toBe(expected);
  expectSubscriptions(urgent.subscriptions).toBe(urgentSubs);
  expectSubscriptions(normal.subscriptions).toBe(normalSubs);
});

marbles('A bucket serves the same line in the same order', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('  (abcd|)', named);
  const urgent = cold('  ----U--V|', named);
  const subs = '         (^!)';
  const urgentSubs = '   ^-------!';
  //  1 in 3 ms          |--|--|--|--|--|
  const expected = '     a--b--U--V--c--(d|)';
  const merged = merge(source, urgent.pipe(withPriority(1)));
  expectObservable(merged.pipe(rateWindow({ limit: 1, per: 3, kind: 'bucket' }), toName)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(urgent.subscriptions).toBe(urgentSubs);
});

marbles('An urgent request that arrives behind 10,000 others is the next to go', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const crowd = range(0, 10_000).pipe(map(() => ({ name: 'c' })));
  const urgent = cold('-U|', named);
  const subs = '       ^-!';
  //  1 per 5 ms       c----U
  const expected = '   c----(U|)';
  const all = merge(crowd, urgent.pipe(withPriority(1)));
  expectObservable(all.pipe(rateWindow({ limit: 1, per: 5 }), toName, take(2))).toBe(expected);
  expectSubscriptions(urgent.subscriptions).toBe(subs);
});

marbles('Priorities 1 to 10 go in their order', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (xJIHGFEDCBA|)');
  const subs = '        (^!)';
  //  1 per 2 ms        x-A-B-C-D-E-F-G-H-I-J       A has priority 1, J priority 10, and J came first
  const expected = '    x-A-B-C-D-E-F-G-H-I-(J|)';
  const priority = (letter: string): number => (letter === 'x' ? 1 : letter.charCodeAt(0) - 64);
  expectObservable(source.pipe(rateWindow({ limit: 1, per: 2 }, { priority }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles("A value's own priority counts if it is an integer from 1 to 10, else it is 5", helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const odd = {
    x: { name: 'x' },
    a: { name: 'a', priority: 'high' },
    b: { name: 'b', priority: 0 },
    c: { name: 'c', priority: 4.5 },
    d: { name: 'd', priority: 4 },
    e: { name: 'e', priority: 11 },
  };
  const source = cold(' (xabcde|)', odd);
  const subs = '        (^!)';
  //  1 per 2 ms        x-d-a-b-c-e
  const expected = '    x-d-a-b-c-(e|)';
  expectObservable(source.pipe(rateWindow({ limit: 1, per: 2 }), toName)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Two sources of one operator stand in one line, and each gets its own values', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const one = cold('  (ab|)');
  const two = cold('  -(UV|)');
  const onesubs = '   (^!)';
  const twosubs = '   ^!';
  //  1 per 3 ms      a--U--V--b
  const first = '     a--------(b|)';
  const second = '    ---U--(V|)';
  const paced = rateWindow<string>({ limit: 1, per: 3 }, { priority: letter => ('UV'.includes(letter) ? 1 : 5) });
  expectObservable(one.pipe(paced)).toBe(first);
  expectObservable(two.pipe(paced)).toBe(second);
  expectSubscriptions(one.subscriptions).toBe(onesubs);
  expectSubscriptions(two.subscriptions).toBe(twosubs);
});

marbles('Counts belong to the operator, so `repeat` and `retry` begin no new quota', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const repeated = cold(' a|');
  const firstA = '        ^!';
  const secondA = '       -^!';
  const failing = cold('  b#');
  const firstB = '        ^!';
  const secondB = '       -----^!';
  //  1 per 5 ms          a----a
  //                      b----b
  const again = '         a----(a|)';
  const anew = '          b----b#';
  expectObservable(repeated.pipe(rateWindow({ limit: 1, per: 5 }), repeat(2))).toBe(again);
  expectObservable(failing.pipe(rateWindow({ limit: 1, per: 5 }), retry({ count: 1, delay: 4 }))).toBe(anew);
  expectSubscriptions(repeated.subscriptions).toBe([firstA, secondA]);
  expectSubscriptions(failing.subscriptions).toBe([firstB, secondB]);
});

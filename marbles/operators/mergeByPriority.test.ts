import { mergeByPriority, type Priority } from 'rx-groq';
import { EMPTY, type Observable, of } from 'rxjs';
import { expect, test } from 'vitest';
import { marbles } from '../support/marbles.js';
import { standardCases, throwingCallback } from '../support/standardCases.js';

const values = { a: { name: 'a' }, b: { name: 'b' }, c: { name: 'c' } };
const stamped = (name: string, priority: Priority) => ({ name, priority });
const results = { a: stamped('a', 3), b: stamped('b', 3), c: stamped('c', 3) };

standardCases(
  'mergeByPriority, of one source,',
  () => (source: Observable<{ name: string }>) => mergeByPriority({ 3: source }),
  {
    values,
    results,
    never: '  -',
    empty: '  |',
    one: '    --a|',
    many: '   -a-b-c|',
    error: '  -a-b-#',
    endless: '-a-b-c-',
    madeForTwo: 2,
    reentrant: [results.a, results.b],
  },
);

throwingCallback('mergeByPriority', values, thrower => source => mergeByPriority({ 3: source }, thrower));

marbles('mergeByPriority merges, and stamps each value with the priority of its source', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const urgent = cold('  --u-----|', { u: { name: 'u' } });
  const normal = cold('  a---b-|', values);
  const urgentSubs = '   ^-------!';
  const normalSubs = '   ^-----!';
  const expected = '     a-u-b---|';
  expectObservable(mergeByPriority({ 5: normal, 1: urgent })).toBe(expected, {
    a: stamped('a', 5),
    b: stamped('b', 5),
    u: stamped('u', 1),
  });
  expectSubscriptions(urgent.subscriptions).toBe(urgentSubs);
  expectSubscriptions(normal.subscriptions).toBe(normalSubs);
});

marbles('mergeByPriority subscribes the most urgent first, in whatever order they are written', helpers => {
  const { expectObservable } = helpers;
  const sources = { 10: of('c'), 5: of('b'), 1: of('a') };
  const expected = '(abc|)';
  expectObservable(mergeByPriority(sources, (letter: string) => letter)).toBe(expected);
});

marbles('mergeByPriority fails with the first source that does, and leaves the others', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const urgent = cold('  --#');
  const normal = cold('  a---b-|', values);
  const urgentSubs = '   ^-!';
  const normalSubs = '   ^-!';
  const expected = '     a-#';
  expectObservable(mergeByPriority({ 1: urgent, 5: normal })).toBe(expected, { a: stamped('a', 5) });
  expectSubscriptions(urgent.subscriptions).toBe(urgentSubs);
  expectSubscriptions(normal.subscriptions).toBe(normalSubs);
});

marbles('mergeByPriority cannot stamp what is no object: it says what to do', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const numbers = cold('-x', { x: 7 });
  const subs = '        ^!';
  const expected = '    -#';
  const message = "mergeByPriority: can't stamp a priority on 7; say as second argument what to make of it";
  expectObservable(mergeByPriority({ 1: numbers })).toBe(expected, undefined, new TypeError(message));
  expectSubscriptions(numbers.subscriptions).toBe(subs);
});

test('mergeByPriority with a key that is no priority is a mistake when it is made', () => {
  expect(() => mergeByPriority({ 11: EMPTY } as never)).toThrow(TypeError);
});

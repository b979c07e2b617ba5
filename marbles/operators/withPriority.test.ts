import { withPriority } from 'rx-groq';
import { expect, test } from 'vitest';
import { standardCases } from '../support/standardCases.js';

const values = { a: { name: 'a' }, b: { name: 'b' }, c: { name: 'c' } };
const results = {
  a: { name: 'a', priority: 2 as const },
  b: { name: 'b', priority: 2 as const },
  c: { name: 'c', priority: 2 as const },
};

standardCases('withPriority', () => withPriority(2)<{ name: string }>, {
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
});

test('withPriority leaves the values themselves as they are', () => {
  expect(values.a).toEqual({ name: 'a' });
});

test.each([0, 11, 2.5, 'high', undefined])('withPriority(%j) is a mistake when it is made', priority => {
  expect(() => withPriority(priority as 1)).toThrow(TypeError);
});

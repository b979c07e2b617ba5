import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/*
 * `marbles/` is the specification of time: every numbered promise has at least one diagram there.
 */

const folder = new URL('../../marbles/', import.meta.url);
const files = readdirSync(folder).filter(name => /^\d\d-.*\.test\.ts$/.test(name));

const promises = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

test.each(promises)('promise %i', promise => {
  const file = files.find(name => Number.parseInt(name, 10) === promise);
  expect(file).toBeDefined();
  const text = readFileSync(new URL(file!, folder), 'utf8');
  expect(text).toMatch(/\bmarbles\(/);
  expect(text).toMatch(/\.toBe\(|expectObservable/);
});

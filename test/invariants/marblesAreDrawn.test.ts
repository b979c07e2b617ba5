import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../readme/folders.js';

/*
 * That each picture shows what its test proves is held by the test itself (marbles/support/marbles.ts); here that none has outlived it.
 */

const folder = join(root, 'docs/marbles');
const promises = readdirSync(folder);

test('there are pictures of each promise', () => {
  const numbered = readdirSync(join(root, 'marbles')).filter(name => /^\d\d-/.test(name));
  expect(promises).toEqual(numbered.map(name => name.replace('.test.ts', '')));
});

test.each(promises)('no picture of %s has outlived its diagram', promise => {
  const tests = readFileSync(join(root, `marbles/${promise}.test.ts`), 'utf8').replaceAll(/\$\{\w+\}|\\`/g, '…');
  const sentences = [...tests.matchAll(/marbles\(\s*(['"`])(.+?)\1,/g)].map(([, , sentence]) => patternOf(sentence!));
  const titles = readdirSync(join(folder, promise)).map(file => titleOf(join(folder, promise, file)));
  expect(titles.length).toBeGreaterThan(0);
  expect(titles.filter(title => !sentences.some(sentence => sentence.test(title)))).toEqual([]);
});

/** `…` stands for what is filled in. */
function patternOf(sentence: string): RegExp {
  const parts = sentence.split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}

function titleOf(file: string): string {
  const title = /<title>(.*)<\/title>/.exec(readFileSync(file, 'utf8'))![1]!;
  return title.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

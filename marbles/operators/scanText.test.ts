import { scanText } from 'rx-groq';
import { from } from 'rxjs';
import { expect, test } from 'vitest';
import { chunk } from '../support/chunks.js';
import { standardCases } from '../support/standardCases.js';

standardCases('scanText', scanText, {
  values: { a: 'a', b: chunk('b'), c: 'c' },
  results: { v: '', w: 'a', x: 'ab', y: 'abc' },
  never: '  v',
  empty: '  (v|)',
  one: '    v-w|',
  many: '   vw-x-y|',
  error: '  vw-x-#',
  endless: 'vw-x-y-',
  madeForTwo: 1, // the first is ''
  reentrant: ['', 'a'], // at '' it has not subscribed yet
});

test('scanText grows a long text in time linear in it', () => {
  const pieces = new Array<string>(200_000).fill('x'.repeat(20)); // copied each time, they would be 400 GB
  let last = '';
  from(pieces)
    .pipe(scanText())
    .subscribe(text => {
      last = text;
    });
  expect(last).toHaveLength(4_000_000);
});

import { scanText } from 'rx-groq';
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

import { toText } from 'rx-groq';
import { chunk } from '../support/chunks.js';
import { standardCases } from '../support/standardCases.js';

standardCases('toText', toText, {
  values: { a: 'a', b: chunk('b'), c: 'c' },
  results: { x: '', y: 'a', z: 'abc' },
  never: '  -',
  empty: '  (x|)',
  one: '    ---(y|)',
  many: '   ------(z|)',
  error: '  -----#',
  endless: '-------',
  madeForTwo: 100, // it can't know before the end
  reentrant: ['a'],
});

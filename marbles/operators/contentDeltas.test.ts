import { contentDeltas } from 'rx-groq';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { standardCases } from '../support/standardCases.js';

standardCases('contentDeltas', contentDeltas, {
  values: { a: chunk('a'), b: chunk('b'), c: chunk('c') },
  never: '  -',
  empty: '  |',
  one: '    --a|',
  many: '   -a-b-c|',
  error: '  -a-b-#',
  endless: '-a-b-c-',
  madeForTwo: 2,
  reentrant: ['a', 'b'],
});

marbles('contentDeltas leaves out chunks without text', ({ cold, expectObservable, expectSubscriptions }) => {
  const source = cold('r-a-f|', { r: chunk(''), a: chunk('a'), f: chunk(undefined) });
  const subs = '       ^----!';
  const expected = '   --a--|';
  expectObservable(source.pipe(contentDeltas())).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

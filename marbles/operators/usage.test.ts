import { type ChatChunk, usage } from 'rx-groq';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { standardCases } from '../support/standardCases.js';

const took = (completion_tokens: number) => ({
  prompt_tokens: 1,
  completion_tokens,
  total_tokens: 1 + completion_tokens,
});
const saying = (tokens: number): ChatChunk => ({ ...chunk(''), usage: took(tokens) });

standardCases('usage', usage, {
  values: { a: saying(1), b: saying(2), c: saying(3) },
  results: { x: took(1), z: took(3) },
  never: '  -',
  empty: '  |',
  one: '    ---(x|)',
  many: '   ------(z|)',
  error: '  -----#',
  endless: '-------',
  madeForTwo: 100,
  reentrant: [took(1)],
});

marbles('usage is what the server says last, wherever it says it; nothing where it says none', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const end = '            ^-----!';
  const source = cold('     a-g-o-|', {
    a: chunk('a'),
    g: { ...chunk(undefined), x_groq: { usage: took(2) } },
    o: { ...chunk(''), choices: [], usage: took(3) },
  });
  const expected = '        ------(x|)';
  const without = cold('    a-|', { a: chunk('a') });
  const expectedNothing = ' --|';
  expectObservable(source.pipe(usage())).toBe(expected, { x: took(3) });
  expectSubscriptions(source.subscriptions).toBe(end);
  expectObservable(without.pipe(usage())).toBe(expectedNothing);
});

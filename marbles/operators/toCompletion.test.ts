import { toCompletion } from 'rx-groq';
import { map, pipe } from 'rxjs';
import { chunk } from '../support/chunks.js';
import { standardCases } from '../support/standardCases.js';

// What a whole completion looks like is tested beside the decoder; here its text stands for it.
const toItsText = () =>
  pipe(
    toCompletion(),
    map(completion => completion.choices[0]?.message.content ?? ''),
  );

standardCases('toCompletion', toItsText, {
  values: { a: chunk('a'), b: chunk('b'), c: chunk('c') },
  results: { y: 'a', z: 'abc' },
  never: '  -',
  empty: '  |',
  one: '    ---(y|)',
  many: '   ------(z|)',
  error: '  -----#',
  endless: '-------',
  madeForTwo: 100, // it can't know before the end
  reentrant: ['a'],
});

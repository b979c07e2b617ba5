import { type ChatChunk, reasoningDeltas } from 'rx-groq';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { standardCases } from '../support/standardCases.js';

/** A chunk with this delta. */
const thinking = (delta: object): ChatChunk =>
  ({ ...chunk(''), choices: [{ index: 0, delta, finish_reason: null }] }) as ChatChunk;

standardCases('reasoningDeltas', reasoningDeltas, {
  values: { a: thinking({ reasoning: 'a' }), b: thinking({ reasoning: 'b' }), c: thinking({ reasoning: 'c' }) },
  never: '  -',
  empty: '  |',
  one: '    --a|',
  many: '   -a-b-c|',
  error: '  -a-b-#',
  endless: '-a-b-c-',
  madeForTwo: 2,
  reentrant: ['a', 'b'],
});

marbles('reasoningDeltas reads every name that servers have for it, and leaves out all else', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('r-g-v-m-o-x-f|', {
    r: chunk(''),
    g: thinking({ reasoning: 'g', channel: 'analysis' }),
    v: thinking({ reasoning_content: 'v' }),
    m: thinking({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'm' }] },
        { type: 'text', text: 'A' },
      ],
    }),
    o: thinking({ reasoning: 'o', reasoning_content: 'o' }), // said twice
    x: { ...chunk('x'), choices: [{ index: 1, delta: { reasoning: 'another choice' }, finish_reason: null }] },
    f: chunk(undefined),
  });
  const subs = '       ^------------!';
  const expected = '   --g-v-m-o----|';
  expectObservable(source.pipe(reasoningDeltas())).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

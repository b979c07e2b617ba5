import { type ChatChunk, type ToolCallProgress, toolCallDeltas } from 'rx-groq';
import { reasonAndText } from '../support/answerInvalid.js';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { standardCases } from '../support/standardCases.js';

type Piece = { index?: number; id?: string; name?: string; json?: string };

const calling = (pieces: readonly Piece[], finish_reason: string | null = null): ChatChunk =>
  ({
    ...chunk(''),
    choices: [
      {
        index: 0,
        delta: {
          tool_calls: pieces.map(({ index, id, name, json }) => ({
            ...(index !== undefined && { index }),
            ...(id && { id, type: 'function' }),
            function: { ...(name && { name }), ...(json !== undefined && { arguments: json }) },
          })),
        },
        finish_reason,
      },
    ],
  }) as ChatChunk;
const finish = (reason: string): ChatChunk => calling([], reason);
const progress = (index: number, name: string, argumentsDelta: string, so_far: string): ToolCallProgress => ({
  index,
  id: `id ${name}`,
  name,
  argumentsDelta,
  arguments: so_far,
});
const begin = (index: number, name: string, json = ''): Piece => ({ index, id: `id ${name}`, name, json });

const whole = (name: string): ChatChunk => calling([begin(0, name, '{}')], 'tool_calls');
const done = (index: number, name: string): ToolCallProgress => progress(index, name, '{}', '{}');

standardCases('toolCallDeltas', toolCallDeltas, {
  values: { a: whole('a'), b: whole('b'), c: whole('c') }, // all under index 0, as older Ollama has it
  results: { a: done(0, 'a'), b: done(1, 'b'), c: done(2, 'c') },
  never: '  -',
  empty: '  |',
  one: '    --a|',
  many: '   -a-b-c|',
  error: '  -a-b-#',
  endless: '-a-b-c-',
  madeForTwo: 2,
  reentrant: [done(0, 'a'), done(1, 'b')],
});

marbles('toolCallDeltas joins the pieces of each call by index', ({ cold, expectObservable, expectSubscriptions }) => {
  const source = cold('r-a-b-c-d-e-f|', {
    r: chunk(''),
    a: calling([begin(0, 'f')]),
    b: calling([begin(1, 'g', '{')]),
    c: calling([{ index: 0, json: '{"x"' }]),
    d: calling([{ index: 0, json: ':1}' }]),
    e: calling([{ index: 1, json: '}' }]),
    f: finish('tool_calls'),
  });
  const subs = '       ^------------!';
  const expected = '   --a-b-c-d-e--|';
  expectObservable(source.pipe(toolCallDeltas())).toBe(expected, {
    a: progress(0, 'f', '', ''),
    b: progress(1, 'g', '{', '{'),
    c: progress(0, 'f', '{"x"', '{"x"'),
    d: progress(0, 'f', ':1}', '{"x":1}'),
    e: progress(1, 'g', '}', '{}'),
  });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('toolCallDeltas takes pieces without an index: one with an id begins a call', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('a-b-c-f|', {
    a: calling([{ id: 'id f', name: 'f', json: '{"x":' }]),
    b: calling([{ json: '1}' }]),
    c: calling([{ id: 'id g', name: 'g', json: '' }]), // a tool without parameters
    f: finish('tool_calls'),
  });
  const subs = '       ^------!';
  const expected = '   a-b-c--|';
  expectObservable(source.pipe(toolCallDeltas())).toBe(expected, {
    a: progress(0, 'f', '{"x":', '{"x":'),
    b: progress(0, 'f', '1}', '{"x":1}'),
    c: progress(1, 'g', '', ''),
  });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('toolCallDeltas hears a name once that is said with each piece', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('a-b-f|', {
    a: calling([begin(0, 'f', '{"x":')]),
    b: calling([begin(0, 'f', '1}')]),
    f: finish('tool_calls'),
  });
  const subs = '       ^----!';
  const expected = '   a-b--|';
  expectObservable(source.pipe(toolCallDeltas())).toBe(expected, {
    a: progress(0, 'f', '{"x":', '{"x":'),
    b: progress(0, 'f', '1}', '{"x":1}'),
  });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

for (const [what, begun, last, error] of [
  ['that the cap cut', '{"x":"y', finish('length'), 'cut: {"x":"y'],
  ['that end early although the server says nothing of it', '{"x":"y', finish('tool_calls'), 'cut: {"x":"y'],
  ['that the cap cut just where they might have ended', '{}', finish('length'), 'cut: {}'],
  ['of a stream that was left before its end', '{}', chunk(''), 'cut: {}'],
  ['that are no JSON', '{x:1}', finish('tool_calls'), 'not_json: {x:1}'],
] as const) {
  marbles(`toolCallDeltas fails with arguments ${what}, and keeps them`, helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const source = cold('a-f|', { a: calling([begin(0, 'f', begun)]), f: last });
    const subs = '       ^--!';
    const expected = '   a--#';
    const results = { a: progress(0, 'f', begun, begun) };
    expectObservable(source.pipe(toolCallDeltas(), reasonAndText())).toBe(expected, results, error);
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}

import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { type ChatChunk, type ChatCompletion, parseJson, type StandardSchema } from 'rx-groq';
import { from, map, of, pipe } from 'rxjs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { reasonAndText } from '../support/answerInvalid.js';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { standardCases, throwingCallback } from '../support/standardCases.js';

const point = z.object({ x: z.number(), y: z.number().default(0) });

/** A whole answer. */
const completion = (message: object, finish_reason: string | null = 'stop'): ChatCompletion =>
  ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 0,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason }],
  }) as object as ChatCompletion;
const last = (finish_reason: string): ChatChunk =>
  ({ ...chunk(''), choices: [{ index: 0, delta: {}, finish_reason }] }) as ChatChunk;
const calling = (...args: string[]): object => ({
  content: null,
  tool_calls: args.map((json, at) => ({ id: `c${at}`, type: 'function', function: { name: 'f', arguments: json } })),
});

const valued = () =>
  pipe(
    parseJson(z.object({ v: z.string() })),
    map(({ v }) => v),
  );

standardCases('parseJson of completions', valued, {
  values: {
    a: completion({ content: '{"v":"a"}' }),
    b: completion({ content: '{"v":"b"}' }),
    c: completion({ content: '{"v":"c"}' }),
  },
  never: '  -',
  empty: '  |',
  one: '    --a|',
  many: '   -a-b-c|',
  error: '  -a-b-#',
  endless: '-a-b-c-',
  madeForTwo: 2,
  reentrant: ['a', 'b'],
});

throwingCallback('parseJson', { a: completion({ content: '{}' }), b: completion({ content: '{}' }) }, thrower =>
  parseJson({ '~standard': { version: 1, vendor: 'test', validate: thrower } }),
);

marbles('parseJson of chunks waits for all of them', ({ cold, expectObservable, expectSubscriptions }) => {
  const source = cold('r-a-b-f|', { r: chunk(''), a: chunk('{"x"'), b: chunk(': 1}'), f: last('stop') });
  const subs = '       ^------!';
  const expected = '   -------(v|)';
  expectObservable(source.pipe(parseJson(point))).toBe(expected, { v: { x: 1, y: 0 } });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('parseJson takes the finish reason "" of older Ollama', ({ cold, expectObservable, expectSubscriptions }) => {
  const source = cold('a-f|', { a: chunk('{"x":1}'), f: last('') });
  const subs = '       ^--!';
  const expected = '   ---(v|)';
  expectObservable(source.pipe(parseJson(point))).toBe(expected, { v: { x: 1, y: 0 } });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

for (const [what, chunks, error] of [
  ['cut by its cap', { a: chunk('{"x"'), f: last('length') }, 'cut: {"x"'],
  ['cut by its cap just where it might have ended', { a: chunk('{"x":1}'), f: last('length') }, 'cut: {"x":1}'],
  ['cut by a filter', { a: chunk('{"x'), f: last('content_filter') }, 'cut: {"x'],
  ['that was left before its end', { a: chunk('{"x":1}'), f: chunk('') }, 'cut: {"x":1}'],
  ['that ends early although the server says nothing of it', { a: chunk('{"x":'), f: last('stop') }, 'cut: {"x":'],
  ['without text', { a: chunk(''), f: last('stop') }, 'empty: '],
  ['that is prose', { a: chunk('Sure! {"x":1}'), f: last('stop') }, 'not_json: Sure! {"x":1}'],
  ['with more after its JSON', { a: chunk('{"x":1} So'), f: last('stop') }, 'not_json: {"x":1} So'],
  ['that does not fit', { a: chunk('{"x":"1"}'), f: last('stop') }, 'schema: {"x":"1"}'],
] as const) {
  marbles(`parseJson fails with an answer ${what}, and keeps its text`, helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const source = cold('a-f|', chunks);
    const subs = '       ^--!';
    const expected = '   ---#';
    expectObservable(source.pipe(parseJson(point), reasonAndText())).toBe(expected, undefined, error);
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}

for (const [what, answer, expected, error] of [
  ["the only tool call's arguments", completion(calling('{"x":1}'), 'tool_calls'), '(v|)', undefined],
  ['arguments that were cut', completion(calling('{"x":'), 'length'), '#', 'cut: {"x":'],
  ['several tool calls', completion(calling('{}', '{}'), 'tool_calls'), '#', 'empty: '],
  ['a refusal', completion({ content: null, refusal: "I won't" }), '#', "refused: I won't"],
  ["Mistral's parts", completion({ content: [{ type: 'text', text: '{"x":1}' }] }), '(v|)', undefined],
  ['an answer in one piece without a finish reason', completion({ content: '{"x":1}' }, null), '(v|)', undefined],
] as const) {
  marbles(`parseJson and ${what}`, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('(a|)', { a: answer });
    const subs = '(^!)';
    expectObservable(source.pipe(parseJson(point), reasonAndText())).toBe(expected, { v: { x: 1, y: 0 } }, error);
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}

test('parseJson waits for a schema that checks asynchronously, and keeps the order', async () => {
  const elsewhere: typeof Promise = runInNewContext('Promise');
  const slowFirst: StandardSchema<unknown, string> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      // Of another realm, as under jsdom.
      validate: value => (value === 'slow' ? elsewhere.resolve({ value: 'slow' }) : { value: String(value) }),
    },
  };
  const values: string[] = [];
  await new Promise<void>((resolve, reject) => {
    from(['"slow"', '"quick"'].map(content => completion({ content })))
      .pipe(parseJson(slowFirst))
      .subscribe({ next: value => values.push(value), complete: resolve, error: reject });
  });
  expect(values).toEqual(['slow', 'quick']);
});

test('the error of parseJson says what is wrong and where; a log of it shows no text of the model', () => {
  let error: unknown;
  of(completion({ content: '{"x":"secret"}' }))
    .pipe(parseJson(z.object({ x: z.number(), list: z.array(z.string()) })))
    .subscribe({
      error: given => {
        error = given;
      },
    });
  expect(error).toMatchObject({
    kind: 'answer_invalid',
    reason: 'schema',
    text: '{"x":"secret"}',
    finishReason: 'stop',
    model: 'm',
    retryable: false,
    issues: [{ path: ['x'] }, { path: ['list'] }],
  });
  expect(String(error)).toMatch(
    /^AnswerInvalidError: m: the answer is not what the schema describes \(x: .+; list: .+\)/,
  );
  expect(JSON.stringify(error)).not.toContain('secret');
  expect(inspect(error)).not.toContain('secret');
});

test('parseJson without a schema is a mistake when it is made', () => {
  expect(() => parseJson(undefined as never)).toThrow(TypeError);
  expect(() => parseJson({ type: 'object' } as never)).toThrow(/Standard Schema/);
});

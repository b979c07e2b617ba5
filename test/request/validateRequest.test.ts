import fc from 'fast-check';
import { BehaviorSubject, of } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { RequestInvalidError } from '../../src/errors/index.js';
import { validateRequest } from '../../src/request/index.js';

const user = { role: 'user', content: 'x' };
const good = { model: 'm', messages: [user] };

/** `good`, with one thing changed. */
const having = (fields: object) => ({ ...good, ...fields });
const saying = (message: unknown) => having({ messages: [user, message] });
const answering = (content: unknown) => saying({ role: 'user', content });

function refusal(input: unknown): RequestInvalidError {
  try {
    validateRequest(input);
  } catch (error) {
    if (error instanceof RequestInvalidError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const circular: Record<string, unknown> = { type: 'object' };
circular.properties = { self: circular };

const priorities = 'an integer from 1 (most urgent) to 10, or an Observable of such';
const roles = 'system, developer, user, assistant, tool or function';
const wait = 'a positive number of ms, at most 2147483647 (none: leave it out)';
const parts = 'a string or a list of parts';
const whole = 'a positive integer';
const stops = 'a string or at most 4 of them';
const json = 'a value that JSON can carry';

describe('a wrong request is refused: the place, what was expected, what was found', () => {
  test.each<[name: string, input: unknown, field: string, expected: string, got: string]>([
    ['no model', { messages: [user] }, 'model', 'the name of a model', 'nothing'],
    ['an empty model', having({ model: '' }), 'model', 'the name of a model', 'an empty string'],
    ['a number for a model', having({ model: 70 }), 'model', 'the name of a model', '70'],

    ['a word for a signal', having({ signal: 'stop' }), 'signal', 'an AbortSignal', '"stop"'],
    ['its controller', having({ signal: new AbortController() }), 'signal', 'an AbortSignal', 'an object'],

    ['no messages', { model: 'm' }, 'messages', 'a list of messages', 'nothing'],
    ['empty messages', having({ messages: [] }), 'messages', 'at least one message', 'an empty list'],
    ['a text for messages', having({ messages: 'hello' }), 'messages', 'a list of messages', 'a string'],
    ['a single message', having({ messages: user }), 'messages', 'a list of messages', 'an object'],
    ['a text for a message', saying('hello'), 'messages[1]', 'a message such as { role: "user", content }', 'a string'],
    ['null for a message', saying(null), 'messages[1]', 'a message such as { role: "user", content }', 'null'],
    ['a role that is none', saying({ role: 'usr', content: 'x' }), 'messages[1].role', roles, '"usr"'],
    ['a prompt for a role', saying({ role: 'What is 7+7?', content: '' }), 'messages[1].role', roles, 'a string'],
    ['no role', saying({ content: 'x' }), 'messages[1].role', roles, 'nothing'],
    ['no content', saying({ role: 'user' }), 'messages[1].content', parts, 'nothing'],
    ['null content of a user', answering(null), 'messages[1].content', parts, 'null'],
    ['a number for content', answering(42), 'messages[1].content', parts, 'a number'],
    ['one part for content', answering({ type: 'text' }), 'messages[1].content', parts, 'an object'],
    ['a Promise for content', answering(Promise.resolve('x')), 'messages[1].content', parts, 'a Promise'],
    ['an Observable for content', answering(of('x')), 'messages[1].content', parts, 'an Observable'],
    [
      'a text among the parts',
      answering(['x']),
      'messages[1].content[0]',
      'an object such as { type: "text", text }',
      'a string',
    ],
    [
      'a part without type',
      answering([{ type: 'text', text: 'x' }, { text: 'y' }]),
      'messages[1].content[1].type',
      'the type of a part, such as text',
      'nothing',
    ],
    [
      'a number for the content of an assistant',
      saying({ role: 'assistant', content: 1 }),
      'messages[1].content',
      parts,
      'a number',
    ],
    [
      'the answer of a tool to no call',
      saying({ role: 'tool', content: '42' }),
      'messages[1].tool_call_id',
      'the id of the call that this answers',
      'nothing',
    ],
    [
      'a tool call without id',
      saying({ role: 'assistant', tool_calls: [{ type: 'function' }] }),
      'messages[1].tool_calls[0].id',
      'the id of the call',
      'nothing',
    ],

    ...[0, 11, 2.5, -1, Number.NaN, Number.POSITIVE_INFINITY, true].map(
      (priority): [string, unknown, string, string, string] => [
        `priority ${priority}`,
        having({ priority }),
        'priority',
        priorities,
        String(priority),
      ],
    ),
    ['a word for a priority', having({ priority: 'high' }), 'priority', priorities, '"high"'],
    ['a digit in quotes', having({ priority: '1' }), 'priority', priorities, '"1"'],
    ['a bigint for a priority', having({ priority: 1n }), 'priority', priorities, 'a bigint'],
    ['no time to wait', having({ queueTimeout: 0 }), 'queueTimeout', wait, '0'],
    ['less than none', having({ queueTimeout: -5 }), 'queueTimeout', wait, '-5'],
    ['NaN ms', having({ queueTimeout: Number.NaN }), 'queueTimeout', wait, 'NaN'],
    ['endless ms', having({ queueTimeout: Number.POSITIVE_INFINITY }), 'queueTimeout', wait, 'Infinity'],
    ['longer than a timer can', having({ queueTimeout: 2 ** 31 }), 'queueTimeout', wait, '2147483648'],
    ['a word for ms', having({ queueTimeout: '5s' }), 'queueTimeout', wait, '"5s"'],
    ['one fallback', having({ fallbacks: 'n' }), 'fallbacks', 'a list of model names', '"n"'],
    ['a number for a fallback', having({ fallbacks: ['n', 1] }), 'fallbacks[1]', 'the name of a model', 'a number'],
    ['an empty fallback', having({ fallbacks: [''] }), 'fallbacks[0]', 'the name of a model', 'an empty string'],

    ['temperature NaN', having({ temperature: Number.NaN }), 'temperature', 'a number from 0 to 2', 'NaN'],
    ['temperature 2.1', having({ temperature: 2.1 }), 'temperature', 'a number from 0 to 2', '2.1'],
    ['temperature -0.1', having({ temperature: -0.1 }), 'temperature', 'a number from 0 to 2', '-0.1'],
    ['temperature in quotes', having({ temperature: '0.7' }), 'temperature', 'a number from 0 to 2', '"0.7"'],
    ['top_p 1.5', having({ top_p: 1.5 }), 'top_p', 'a number from 0 to 1', '1.5'],
    ['presence_penalty 3', having({ presence_penalty: 3 }), 'presence_penalty', 'a number from -2 to 2', '3'],
    ['frequency_penalty -3', having({ frequency_penalty: -3 }), 'frequency_penalty', 'a number from -2 to 2', '-3'],
    ['max_completion_tokens 0', having({ max_completion_tokens: 0 }), 'max_completion_tokens', whole, '0'],
    ['max_completion_tokens 1.5', having({ max_completion_tokens: 1.5 }), 'max_completion_tokens', whole, '1.5'],
    ['max_tokens -1', having({ max_tokens: -1 }), 'max_tokens', whole, '-1'],
    ['n 0', having({ n: 0 }), 'n', whole, '0'],
    ['seed in quotes', having({ seed: '7' }), 'seed', 'a number', '"7"'],
    ['five stops', having({ stop: ['a', 'b', 'c', 'd', 'e'] }), 'stop', stops, 'a list of 5'],
    ['a number to stop at', having({ stop: 1 }), 'stop', stops, '1'],
    ['a number among the stops', having({ stop: ['a', 1] }), 'stop[1]', 'a string', 'a number'],
    ['stream in quotes', having({ stream: 'true' }), 'stream', 'true or false', '"true"'],
    ['stream_options true', having({ stream_options: true }), 'stream_options', 'an object', 'true'],
    ['tools by name', having({ tools: { f: {} } }), 'tools', 'a list of tools', 'an object'],
    [
      'a tool without type',
      having({ tools: [{}] }),
      'tools[0].type',
      'the type of a tool, such as function',
      'nothing',
    ],
    [
      'a tool without name',
      having({ tools: [{ type: 'function', function: {} }] }),
      'tools[0].function.name',
      'the name of a function',
      'nothing',
    ],
    [
      'a number for a tool_choice',
      having({ tool_choice: 1 }),
      'tool_choice',
      'none, auto, required or { type, function: { name } }',
      '1',
    ],
    ['a tool_choice of no type', having({ tool_choice: {} }), 'tool_choice.type', 'the type of a tool', 'nothing'],
    [
      'a word for a response_format',
      having({ response_format: 'json_object' }),
      'response_format',
      'an object such as { type: "json_object" }',
      '"json_object"',
    ],

    ['NaN in an unknown field', having({ extra: [{ x: Number.NaN }] }), 'extra[0].x', 'a finite number', 'NaN'],
    ['a bigint in an unknown field', having({ extra: 5n }), 'extra', json, 'a bigint'],
    ['a function', having({ logit_bias: { f: () => 1 } }), 'logit_bias.f', json, 'a function'],
    ['a symbol', having({ metadata: { s: Symbol('s') } }), 'metadata.s', json, 'a symbol'],
    ['undefined in a list', having({ extra: [1, undefined] }), 'extra[1]', json, 'nothing'],
    [
      'a circular object',
      having({ tools: [{ type: 'function', function: { name: 'f', parameters: circular } }] }),
      'tools[0].function.parameters.properties.self',
      'a value that does not contain itself',
      'an object',
    ],
  ])('%s', (_, input, field, expected, got) => {
    const error = refusal(input);
    expect(error.field).toBe(field);
    expect(error.message).toBe(`${field}: expected ${expected}, got ${got}`);
  });

  test.each([
    [undefined, 'nothing'],
    [null, 'null'],
    ['What is 7+7?', 'a string'],
    [[good], 'a list of 1'],
    [of(good), 'an Observable'],
  ])('no request at all: %o', (input, got) => {
    const error = refusal(input);
    // An Observable is an object: all that is missing in it is told.
    expect(error.message).toContain(`got ${got === 'an Observable' ? 'nothing' : got}`);
    expect(error.field).toBe(got === 'an Observable' ? 'model' : undefined);
  });

  test('the request itself among its messages is a circle too', () => {
    const request: Record<string, unknown> = having({});
    request.again = [request];
    expect(refusal(request).message).toBe('again[0]: expected a value that does not contain itself, got an object');
  });

  test('the same object at two places is none', () => {
    const shared = { type: 'object' };
    validateRequest(having({ a: shared, b: [shared, shared] }));
  });

  test('what is nested too deep to write is refused, with a place that can be read', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = { a: deep };
    const error = refusal(having({ deep }));
    expect(error.field).toBe('deep.a.a.a.a.a.a.a.a.a.a.a.…');
    expect(error.message).toBe(`${error.field}: expected at most 500 levels, got an object`);
  });

  test('several mistakes are told together; the first is the field', () => {
    const error = refusal({ messages: [{ role: 'bot', content: 'x' }], temperature: 9, n: 0, top_p: 4, max_tokens: 0 });
    expect(error.field).toBe('model');
    expect(error.message).toBe(
      [
        'model: expected the name of a model, got nothing',
        `messages[0].role: expected ${roles}, got "bot"`,
        'max_tokens: expected a positive integer, got 0',
        'and 3 more',
      ].join('; '),
    );
  });

  test('it knows the model, and that nothing was sent', () => {
    expect(refusal(having({ priority: 0 }))).toMatchObject({
      kind: 'request_invalid',
      model: 'm',
      attempts: 0,
      retryable: false,
    });
  });
});

describe('a right request is the same object afterwards', () => {
  test.each<[name: string, input: object]>([
    ['the least', good],
    ['frozen', Object.freeze({ model: 'm', messages: Object.freeze([Object.freeze(user)]) })],
    ['without prototype', Object.assign(Object.create(null), good)],
    ['every priority', having({ priority: 10 })],
    ['a live priority', having({ priority: new BehaviorSubject(3) })],
    ['a context that JSON could not carry', having({ context: { circular, fn: () => 1, big: 1n } })],
    ['the longest wait', having({ queueTimeout: 2 ** 31 - 1 })],
    [
      'fields left out by null',
      having({ priority: null, queueTimeout: null, fallbacks: null, tools: null, stop: null }),
    ],
    ['fields left out by undefined', having({ priority: undefined, temperature: undefined, tools: undefined })],
    ['the bounds', having({ temperature: 2, top_p: 0, presence_penalty: -2, n: 1, stop: ['a', 'b', 'c', 'd'] })],
    ['a developer', saying({ role: 'developer', content: 'x' })],
    ['parts of a kind not known', answering([{ type: 'hologram', hologram: { url: 'x' } }])],
    ['an empty text', answering('')],
    ['tool calls instead of content', saying({ role: 'assistant', content: null, tool_calls: [{ id: '1' }] })],
    ['an assistant without content', saying({ role: 'assistant', tool_calls: [{ id: '1', type: 'function' }] })],
    ['the answer of a tool', saying({ role: 'tool', tool_call_id: '1', content: '42' })],
    ['the answer of a function', saying({ role: 'function', name: 'f', content: null })],
    ['tools of the server', having({ tools: [{ type: 'browser_search' }], tool_choice: 'required' })],
    ['fields not known', having({ brand_new: { deep: [1, 'x', null] }, n: 2 })],
    ['what writes itself', having({ metadata: { at: new Date(0) } })],
  ])('%s', (_, input) => {
    const before = Object.entries(input);
    expect(validateRequest(input)).toBe(input);
    expect(Object.entries(input)).toEqual(before);
  });

  test('whatever the unknown fields hold, if only JSON can carry it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().map(name => `x_${name}`),
          fc.jsonValue(),
        ),
        extra => {
          const request = having(extra);
          expect(validateRequest(request)).toBe(request);
        },
      ),
    );
  });
});

describe('no message shows a prompt', () => {
  const marker = fc.stringMatching(/^zq[a-z]{6} zq[a-z]{30}$/);
  const wrong: readonly ((text: string) => unknown)[] = [
    text => text,
    text => [text],
    text => having({ messages: text }),
    text => saying(text),
    text => saying([text]),
    text => saying({ role: text, content: text }),
    text => saying({ role: 'user', content: { text } }),
    text => answering([text]),
    text => answering([{ text }]),
    text => answering([{ type: 'text', text }, { type: 1 }]),
    text => answering([{ type: 'text', text, [text]: () => text }]),
    text => saying({ role: 'tool', content: text }),
    text => ({ ...saying({ role: 'user', content: text }), priority: 0 }),
    text => ({ ...saying({ role: 'user', content: text }), temperature: text }),
    text => ({ ...saying({ role: 'user', content: text }), tools: text, stop: { text }, fallbacks: [{ text }] }),
    text => ({ ...saying({ role: 'user', content: text }), [text]: { [text]: 1n } }),
    text => ({ ...saying({ role: 'user', content: text }), n: Object.assign(() => text, { text }) }),
  ];

  test('whatever is wrong with it, and wherever the text stands', () => {
    fc.assert(
      fc.property(marker, fc.constantFrom(...wrong), (text, make) => {
        const error = refusal(make(text));
        const shown = `${error.message} ${error.field} ${error.stack} ${JSON.stringify(error)}`;
        for (const word of text.split(' ')) expect(shown).not.toContain(word);
        expect(error.cause).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

describe('the short way for plain requests lets nothing through that the schema refuses', () => {
  const wild = fc.oneof(
    fc.constantFrom(
      '',
      'm',
      'user',
      'system',
      'assistant',
      'tool',
      0,
      1,
      2,
      2.5,
      11,
      -1,
      Number.NaN,
      2 ** 60,
      true,
      null,
      undefined,
    ),
    fc.constantFrom(
      [],
      [user],
      [undefined],
      [null],
      {},
      user,
      AbortSignal.abort(),
      new BehaviorSubject(5),
      () => 0,
      1n,
    ),
  );
  const message = fc.record(
    { role: wild, content: wild, name: wild, tool_calls: wild },
    { requiredKeys: ['role', 'content'], noNullPrototype: true },
  );
  const settings = [
    'priority',
    'max_completion_tokens',
    'max_tokens',
    'temperature',
    'stream',
    'context',
    'signal',
    'top_p',
    'n',
  ];
  const request = fc
    .tuple(
      fc.oneof({ weight: 9, arbitrary: fc.constant('m') }, wild),
      fc.oneof({ weight: 9, arbitrary: fc.array(fc.oneof(fc.constant(user), message), { maxLength: 3 }) }, wild),
      fc.dictionary(fc.constantFrom(...settings), fc.oneof(fc.constant(1), wild), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
    )
    .map(([model, messages, some]) => ({ model, messages, ...some }));
  const refused = (input: unknown): string | undefined => {
    try {
      validateRequest(input);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  test('the same judgement with a field that only the schema knows', () => {
    let plain = 0;
    fc.assert(
      fc.property(request, input => {
        const short = refused(input);
        if (short === undefined) plain++;
        expect(short).toBe(refused({ ...input, user: 'somebody' }));
      }),
      { numRuns: 3000 },
    );
    expect(plain).toBeGreaterThan(30);
  });
});

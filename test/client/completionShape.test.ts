import { type ChatChunk, type ChatCompletion, type ChatRequest, toCompletion } from 'rx-groq';
import type { Simulator } from 'rx-groq/simulator';
import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ask, clientFor, MODEL, simulate } from './harness.js';

/* `complete` gives the API's own shape, field by field, whether the answer was streamed on the wire or not. */

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

const requests: readonly { name: string; request: ChatRequest }[] = [
  { name: 'a text', request: ask('Tell me about rivers.', { seed: 7 }) },
  { name: 'a text without a seed', request: ask('Tell me about rivers.') },
  { name: 'a text that is cut off', request: ask('Tell me about rivers.', { max_completion_tokens: 3 }) },
  {
    name: 'reasoning',
    request: ask('What is 7+7?', { reasoning_effort: 'low', reasoning_format: 'parsed', max_completion_tokens: 300 }),
  },
  { name: 'a call of a tool', request: ask('Weather in Bern?', { tools: [weather], tool_choice: 'required' }) },
  { name: 'JSON', request: ask('What is 7+7?', { response_format: { type: 'json_object' } }) },
  { name: 'a service tier', request: ask('What is 7+7?', { service_tier: 'flex' }) },
  { name: 'usage asked for', request: ask('What is 7+7?', { stream_options: { include_usage: true } }) },
];

/** What is another every time: identifiers of the answer and times. */
function comparable(completion: ChatCompletion): Record<string, unknown> {
  const { id, created, usage, x_groq, choices, ...rest } = structuredClone(completion);
  const { queue_time, ...counts } = usage ?? ({} as NonNullable<typeof usage>);
  expect(id).toMatch(/^chatcmpl-/);
  expect(Math.abs(created - Date.now() / 1000)).toBeLessThan(60);
  expect(queue_time).toBeGreaterThanOrEqual(0);
  for (const { message } of choices) {
    for (const call of message.tool_calls ?? []) call.id = call.id.replace(/^call_\w+$/, 'call_…');
  }
  return { ...rest, choices, usage: counts, x_groq: { ...x_groq, id: x_groq?.id.replace(/^req_\w+$/, 'req_…') } };
}

/** Without the two fields of an answer in one piece that Groq's streams leave out (as recorded in 2026). */
function carriedByStreams(completion: Record<string, unknown>, { stream_options }: ChatRequest): object {
  const { usage_breakdown, service_tier, ...rest } = completion;
  expect(usage_breakdown).toBeNull();
  return stream_options?.include_usage ? { ...rest, service_tier } : rest;
}

async function raw({ url }: Simulator, body: object): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer gsk_test', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

describe.each(requests)('$name', ({ request }) => {
  test('streamed on the wire and in one piece: the same', async () => {
    const client = clientFor(await simulate());
    const streamed = await firstValueFrom(client.complete(request));
    const { stream_options: _, ...whole } = request;
    const inOnePiece = await firstValueFrom(client.complete({ ...whole, stream: false }));
    expect(comparable(streamed)).toEqual(carriedByStreams(comparable(inOnePiece), request));
  });

  test('in one piece it is what the server sent, to the byte', async () => {
    const simulator = await simulate();
    const { stream_options: _, ...whole } = request;
    const sent = (await (await raw(simulator, whole)).json()) as ChatCompletion;
    const received = await firstValueFrom(clientFor(simulator).complete({ ...whole, stream: false }));
    expect(Object.keys(received)).toEqual(Object.keys(sent));
    expect(comparable(received)).toEqual(comparable(sent));
  });
});

test('toCompletion() alone gives the same as complete()', async () => {
  const client = clientFor(await simulate());
  const request = ask('Tell me about rivers.', { seed: 7 });
  const chunks = await lastValueFrom(client.stream(request).pipe(toArray()));
  const assembled = await firstValueFrom(from(chunks).pipe(toCompletion()));
  expect(comparable(assembled)).toEqual(comparable(await firstValueFrom(client.complete(request))));
  expect(assembled).toMatchObject({ object: 'chat.completion', model: MODEL, system_fingerprint: 'fp_simulated' });
});

test('nobody’s chunks are changed by being put together', async () => {
  const client = clientFor(await simulate());
  const chunks = await lastValueFrom(client.stream(requests[4]!.request).pipe(toArray()));
  const before = structuredClone(chunks);
  const whole = await firstValueFrom(from(chunks).pipe(toCompletion()));
  const twice = await firstValueFrom(from(chunks).pipe(toCompletion()));
  expect(chunks).toEqual<ChatChunk[]>(before);
  expect(whole).toEqual(twice);
});

test('what a server says of a choice or of a call beside the API’s own fields is kept', async () => {
  const call = { id: 'c', type: 'function', extra_content: { google: { thought_signature: 'sig' } } };
  const choices = [
    { delta: { tool_calls: [{ index: 0, ...call, function: { name: 'f', arguments: '{' } }] }, token_ids: [1, 2] },
    { delta: { tool_calls: [{ index: 0, function: { arguments: '}' } }] }, token_ids: [3] },
    { delta: {}, finish_reason: 'tool_calls', stop_reason: 128001, native_finish_reason: 'STOP' },
    { delta: { content: '' }, native_finish_reason: null },
  ].map(choice => ({ index: 0, finish_reason: null, logprobs: null, ...choice }));
  const chunks = choices.map(choice => ({ id: 'x', object: 'chat.completion.chunk', created: 5, choices: [choice] }));
  const completion = await firstValueFrom(from(chunks as unknown as ChatChunk[]).pipe(toCompletion()));
  expect(completion.choices).toEqual([
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [{ ...call, function: { name: 'f', arguments: '{}' } }],
      },
      finish_reason: 'tool_calls',
      logprobs: null,
      token_ids: [1, 2, 3],
      stop_reason: 128001,
      native_finish_reason: 'STOP',
    },
  ]);
});

/** One choice's deltas, and what servers say beside it, as the answer in one piece. */
function assembled(...pieces: { delta?: object; more?: object }[]): Promise<ChatCompletion> {
  const chunks = pieces.map(({ delta = {}, more }, at) => ({
    ...{ id: 'x', object: 'chat.completion.chunk', created: 5, model: 'm', ...more },
    choices: [{ index: 0, delta, finish_reason: at === pieces.length - 1 ? 'stop' : null }],
  }));
  return firstValueFrom(from(structuredClone(chunks) as unknown as ChatChunk[]).pipe(toCompletion()));
}

test('a tool that Groq runs is told of as it begins and as it ends, and is one', async () => {
  const search = { index: 0, type: 'search', arguments: '{"query":"weather"}' };
  const visit = { index: 1, type: 'visit', arguments: '{"url":"x"}' };
  const found = { ...search, output: 'Sunny', search_results: { results: [{ title: 'SF' }] } };
  const { choices } = await assembled(
    { delta: { executed_tools: [{ ...search, search_results: { results: [] } }, visit] } }, // as recorded of groq/compound
    { delta: { executed_tools: [found] } },
    { delta: { executed_tools: [{ ...visit, output: 'y' }] } },
    { delta: { content: 'Sunny.' } },
  );
  expect(choices[0].message.executed_tools).toEqual([found, { ...visit, output: 'y' }]);
});

test('what comes in pieces within lists and objects is whole: audio, and what OpenRouter’s models thought', async () => {
  const thought = { type: 'reasoning.text', index: 0, format: 'anthropic-claude-v1' };
  const secret = { type: 'reasoning.encrypted', index: 0, data: 'abc' };
  const { choices } = await assembled(
    {
      delta: {
        content: null,
        audio: { id: 'audio_1', transcript: 'Hel' },
        reasoning_details: [{ ...thought, text: 'He ' }],
      },
    },
    {
      delta: {
        audio: { id: 'audio_1', transcript: 'lo', data: 'AAA' },
        reasoning_details: [{ ...thought, text: 'asks.', signature: null }],
      },
    },
    { delta: { audio: { data: 'BBB' }, reasoning_details: [{ ...thought, signature: 'sig' }, secret] } },
    { delta: { audio: { expires_at: 17 } } },
  );
  expect(choices[0].message).toEqual({
    role: 'assistant',
    content: null,
    audio: { id: 'audio_1', transcript: 'Hello', data: 'AAABBB', expires_at: 17 },
    reasoning_details: [{ ...thought, text: 'He asks.', signature: 'sig' }, secret],
  });
});

test('items that only look alike are several: LiteLLM’s pictures, each with index 0, secrets of several calls, and what has no index', async () => {
  const picture = (url: string) => ({ type: 'image_url', index: 0, image_url: { url } });
  const secret = (id: string | null, data: string) => ({ type: 'reasoning.encrypted', index: 0, id, data });
  const cited = (url: string) => ({ type: 'url_citation', index: null, url });
  const { choices } = await assembled(
    { delta: { images: [picture('data:a')], reasoning_details: [secret('call_1', 'A')], annotations: [cited('a')] } },
    { delta: { images: [picture('data:b')], reasoning_details: [secret('call_2', 'B')], annotations: [cited('b')] } },
    {},
  );
  expect(choices[0].message).toMatchObject({
    images: [picture('data:a'), picture('data:b')],
    reasoning_details: [secret('call_1', 'A'), secret('call_2', 'B')],
    annotations: [cited('a'), cited('b')],
  });
});

test('null says nothing: neither a call where none was made, nor that what was said no longer holds', async () => {
  const completion = await assembled(
    { delta: { content: 'Hi', function_call: null }, more: { service_tier: 'default', system_fingerprint: null } },
    { delta: { function_call: null }, more: { service_tier: null, system_fingerprint: null } },
  );
  expect(completion).toMatchObject({ service_tier: 'default', system_fingerprint: null });
  expect(completion.choices[0].message).toEqual({ role: 'assistant', content: 'Hi', function_call: null });
});

test('a piece of a call under another id, but without a name, goes on with it, as Poolside’s do', async () => {
  const piece = (id: string, called: object) => ({
    tool_calls: [{ index: 0, id, type: 'function', function: called }],
  });
  const { choices } = await assembled(
    { delta: piece('call_1', { name: 'f', arguments: '' }) },
    { delta: piece('call_2', { arguments: '{"a"' }) },
    { delta: piece('call_2', { name: '', arguments: ':1}' }) },
    {},
  );
  expect(choices[0].message.tool_calls).toEqual([
    { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
  ]);
});

test.each([undefined, 0])(
  'calls without ids under the index %s, as Gemini’s, are several; their pieces with a name each are one',
  async index => {
    const piece = (name: string, json: string) => ({
      index,
      id: '',
      type: 'function',
      function: { name, arguments: json },
    });
    const { choices } = await assembled(
      { delta: { tool_calls: [piece('f', '{"a":1}'), piece('f', '{"a"')] } },
      { delta: { tool_calls: [piece('f', ':2}'), piece('g', '{}'), piece('g', '')] } },
      {},
    );
    expect(choices[0].message.tool_calls?.map(call => call.function)).toEqual([
      { name: 'f', arguments: '{"a":1}' },
      { name: 'f', arguments: '{"a":2}' },
      { name: 'g', arguments: '{}' },
    ]);
  },
);

test('space after the arguments of a call whose name comes with each piece begins no other', async () => {
  const piece = (json: string) => ({ tool_calls: [{ index: 0, function: { name: 'f', arguments: json } }] });
  const { choices } = await assembled({ delta: piece('{"a":1}') }, { delta: piece('\n') }, {});
  expect(choices[0].message.tool_calls?.map(call => call.function)).toEqual([{ name: 'f', arguments: '{"a":1}\n' }]);
});

import Groq from 'groq-sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MODELS } from '../../src/simulator/index.js';
import { ask, events, GPT, INSTANT, post, send, simulate } from './harness.js';

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } } },
  },
};

describe('an answer in one piece', () => {
  it('has the shape of Groq’s, with usage and times', async () => {
    const { status, json, headers } = await send(await simulate(), ask('What is 7+7?', { seed: 7 }));
    expect(status).toBe(200);
    expect(json).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: GPT,
      system_fingerprint: 'fp_simulated',
      choices: [
        { index: 0, message: { role: 'assistant', content: '14 (simulated)' }, logprobs: null, finish_reason: 'stop' },
      ],
      usage: {
        queue_time: expect.any(Number),
        prompt_tokens: 78,
        prompt_time: expect.any(Number),
        completion_tokens: 4,
        completion_time: expect.any(Number),
        total_tokens: 82,
        total_time: expect.any(Number),
      },
      usage_breakdown: null,
      x_groq: { id: headers.get('x-request-id'), seed: 7 },
      service_tier: 'on_demand',
    });
  });

  it('is served under /v1 as under /openai/v1', async () => {
    const { url, port } = await simulate();
    expect(url).toBe(`http://127.0.0.1:${port}/openai/v1`);
    const { status, json } = await send({ url: `http://127.0.0.1:${port}/v1` }, ask());
    expect([status, json.choices[0].message.content]).toEqual([200, '14 (simulated)']);
  });
});

describe('a streamed answer', () => {
  const stream = async (body: object) => {
    const response = await post(await simulate(), ask('Why is the sky blue?', { stream: true, ...body }));
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    return events(await response.text());
  };

  it('begins with the role and x_groq, goes on in deltas, ends with finish_reason and usage twice, then [DONE]', async () => {
    const all = await stream({ seed: 3 });
    const [first, last, done] = [all[0], all.at(-2), all.at(-1)];
    expect(first).toMatchObject({
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }],
      x_groq: { id: expect.stringMatching(/^req_/), seed: 3 },
    });
    expect(last.choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }]);
    expect(last.usage.completion_tokens).toBeGreaterThan(0);
    expect(last.x_groq.usage).toEqual(last.usage);
    expect(done).toBe('[DONE]');
    const middle = all.slice(1, -2);
    expect(middle.length).toBeGreaterThan(2);
    for (const chunk of middle) {
      expect(chunk.choices[0]).toEqual({
        index: 0,
        delta: { content: expect.any(String) },
        logprobs: null,
        finish_reason: null,
      });
      expect([chunk.id, chunk.created]).toEqual([first.id, first.created]);
    }
  });

  it('says the same as the answer in one piece', async () => {
    const simulator = await simulate();
    const whole = await send(simulator, ask('Why is the sky blue?'));
    const response = await post(simulator, ask('Why is the sky blue?', { stream: true }));
    const chunks = events(await response.text()).slice(0, -1);
    const text = chunks.map(chunk => chunk.choices[0].delta.content ?? '').join('');
    expect(text).toBe(whole.json.choices[0].message.content);
    expect(chunks.at(-1).usage.completion_tokens).toBe(whole.json.usage.completion_tokens);
  });

  it('has a further chunk without choices for include_usage', async () => {
    const all = await stream({ stream_options: { include_usage: true } });
    expect(all.at(-2)).toMatchObject({ choices: [], usage: all.at(-3).usage });
    expect(all.at(-3).choices[0].finish_reason).toBe('stop');
  });

  it('thinks aloud where that is asked for, and counts it', async () => {
    const all = await stream({ reasoning_effort: 'low' });
    const deltas = all.slice(1, -2).map(chunk => chunk.choices[0].delta);
    expect(deltas[0]).toEqual({ reasoning: expect.any(String), channel: 'analysis' });
    expect(deltas.at(-1)).toEqual({ content: expect.any(String) });
    expect(all.at(-2).usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    const hidden = await stream({ reasoning_effort: 'low', include_reasoning: false });
    expect(hidden.some(chunk => chunk.choices?.[0]?.delta.reasoning !== undefined)).toBe(false);
  });

  it('brings a tool call in one chunk with the whole arguments', async () => {
    const all = await stream({ tools: [weather], tool_choice: 'required' });
    expect(all).toHaveLength(4);
    expect(all[0].choices[0].delta).toEqual({ role: 'assistant', content: null });
    const [call] = all[1].choices[0].delta.tool_calls;
    expect(call).toMatchObject({ index: 0, id: expect.stringMatching(/^call_/), type: 'function' });
    expect(call.function.name).toBe('weather');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String), days: 2 });
    expect(all[2].choices[0].finish_reason).toBe('tool_calls');
  });

  it('takes as long as its speed says', async () => {
    const simulator = await simulate({ ...INSTANT, tokensPerSecond: 100 });
    await (await post(simulator, ask('Why is the sky blue?', { stream: true }))).text();
    const { head, end, used } = simulator.requests()[0]!;
    expect(end! - head!).toBeGreaterThanOrEqual(used.output * 10 - 1);
  });
});

describe('a forced tool', () => {
  it('is the one that is named', async () => {
    const other = { type: 'function', function: { name: 'other' } };
    const body = ask('x', {
      tools: [other, weather],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    });
    const { json } = await send(await simulate(), body);
    expect(json.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ type: 'function', function: { name: 'weather' } }] },
    });
  });
});

describe('models', () => {
  const get = async (
    path: string,
  ): Promise<{ status: number; json: { data?: { id: string }[] } & Record<string, unknown> }> => {
    const response = await fetch(`${(await simulate()).url}${path}`, { headers: { authorization: 'Bearer x' } });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };

  it('lists the living, with their context and output', async () => {
    const { status, json } = await get('/models');
    const living = DEFAULT_MODELS.filter(({ retired }) => retired === undefined).map(({ id }) => id);
    expect([status, json.object]).toEqual([200, 'list']);
    expect(json.data!.map(({ id }) => id)).toEqual(living);
    expect(json.data!.find(({ id }) => id === GPT)).toMatchObject({
      object: 'model',
      active: true,
      context_window: 131_072,
      max_completion_tokens: 65_536,
    });
  });

  it('gives one by its id, the slash encoded or not', async () => {
    expect((await get(`/models/${GPT}`)).json.id).toBe(GPT);
    expect((await get(`/models/${encodeURIComponent(GPT)}`)).json.id).toBe(GPT);
    expect((await get('/models/groq/compound')).status).toBe(404);
  });
});

describe('what is wrong in a request gets Groq’s words', () => {
  const user = { role: 'user', content: 'hello' };
  const must = (role: string, reason: string): string =>
    `'messages.0' : for 'role:${role}' the following must be satisfied[(${reason})]`;

  it.each<[string, object, number, string]>([
    ['an unknown property', { colour: 1 }, 400, "property 'colour' is unsupported"],
    ['logprobs', { logprobs: true }, 400, '`logprobs` is not supported'],
    ['n of 2', { n: 2 }, 400, "'n' : number must be at most 1"],
    ['temperature above 2', { temperature: 2.1 }, 400, "'temperature' : number must be at most 2"],
    ['temperature as text', { temperature: '1' }, 400, "'temperature' : value must be a number"],
    ['more than four stops', { stop: ['1', '2', '3', '4', '5'] }, 400, "'stop' : maximum number of items is 4"],
    ['a stop that is none', { stop: 5 }, 400, "'stop' : value must be a string or an array of strings"],
    [
      'a stop among others that is none',
      { stop: ['.', 5] },
      400,
      "'stop' : value must be a string or an array of strings",
    ],
    [
      'a part without its text',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, { type: 'text' }] }] },
      400,
      must('user', "'messages.0.content.1.text' : value must be a string"),
    ],
    ['a cap of 0', { max_completion_tokens: 0 }, 400, "'max_completion_tokens' : number must be at least 1"],
    ['half a token', { max_completion_tokens: 1.5 }, 400, "'max_completion_tokens' : value must be an integer"],
    ['no messages', { messages: [] }, 400, "'messages' : minimum number of items is 1"],
    ['messages left out', { messages: undefined }, 400, "property 'messages' is missing"],
    ['model left out', { model: undefined }, 400, "property 'model' is missing"],
    [
      'a wrong role',
      { messages: [{ role: 'human', content: 'x' }] },
      400,
      "'messages.0' : discriminator property 'role' has invalid value",
    ],
    [
      'a name in a message',
      { messages: [{ ...user, name: 'Ada' }] },
      400,
      must('user', "'messages.0' : property 'name' is unsupported"),
    ],
    [
      'no content',
      { messages: [{ role: 'user' }] },
      400,
      must('user', "'messages.0.content' : property 'content' is missing"),
    ],
    [
      'a tool without call id',
      { messages: [{ role: 'tool', content: 'x' }] },
      400,
      must('tool', "'messages.0.tool_call_id' : property 'tool_call_id' is missing"),
    ],
    [
      'streamed structured output',
      { stream: true, response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } },
      400,
      '`response_format` does not support streaming',
    ],
    ['an unknown response format', { response_format: { type: 'yaml' } }, 400, 'response_format.type'],
    ['both ways to show reasoning', { reasoning_format: 'raw', include_reasoning: true }, 400, 'mutually exclusive'],
    ['no effort on gpt-oss', { reasoning_effort: 'none' }, 400, '`reasoning_effort` must be one of low, medium, high'],
    ['a tool choice without tools', { tool_choice: 'required' }, 400, 'there are no tools'],
    ['an unknown service tier', { service_tier: 'gold' }, 400, "'service_tier'"],
    [
      'a cap above the model’s',
      { max_completion_tokens: 65_537 },
      400,
      'max_tokens must be less than or equal to 65536',
    ],
    [
      'more than the context',
      { model: 'allam-2-7b', messages: [{ role: 'user', content: 'word '.repeat(4090) }] },
      400,
      'Please reduce the length of the messages or completion.',
    ],
    ['an unknown model', { model: 'gpt-9' }, 404, 'The model `gpt-9` does not exist or you do not have access to it.'],
    ['a model gone lately', { model: 'llama-3.1-8b-instant' }, 404, 'The model `llama-3.1-8b-instant` does not exist'],
    [
      'a model gone long ago',
      { model: 'qwen/qwen3-32b' },
      400,
      'The model `qwen/qwen3-32b` has been decommissioned and is no longer supported.',
    ],
  ])('%s', async (_, more, status, message) => {
    const simulator = await simulate();
    const reply = await send(simulator, ask('hello', more));
    expect(reply.json.error.message).toContain(message);
    expect(reply.json.error.type).toBe('invalid_request_error');
    expect(reply.status).toBe(status);
    expect(simulator.stats()).toMatchObject({ invalid: 1, requests: 0, admitted: 0 });
  });

  it.each([
    ['context_length_exceeded', { model: 'allam-2-7b', messages: [{ role: 'user', content: 'word '.repeat(4090) }] }],
    ['model_not_found', { model: 'gpt-9' }],
    ['model_decommissioned', { model: 'qwen/qwen3-32b' }],
  ])('with the code %s', async (code, more) => {
    expect((await send(await simulate(), ask('hello', more))).json.error.code).toBe(code);
  });

  it('what is not JSON', async () => {
    const { status, json } = await send(await simulate(), '{"model": ');
    expect([status, json.error.type]).toEqual([400, 'invalid_request_error']);
  });

  it('a path that does not exist', async () => {
    const { url, port } = await simulate();
    for (const path of [`${url}/nothing`, `http://127.0.0.1:${port}/`]) {
      const response = await fetch(path, { headers: { authorization: 'Bearer x' } });
      const { error } = (await response.json()) as { error: Record<string, string> };
      expect([response.status, error.code]).toEqual([404, 'unknown_url']);
      expect(error.message).toContain('Unknown request URL: GET /');
    }
  });

  it('accepts what Groq accepts without effect', async () => {
    const more = {
      frequency_penalty: 1,
      presence_penalty: 1,
      store: true,
      metadata: {},
      logprobs: false,
      n: 1,
      user: 'u',
    };
    expect((await send(await simulate(), ask('hello', more))).status).toBe(200);
  });
});

describe('a key', () => {
  it('may be any, but has to be there', async () => {
    const simulator = await simulate();
    const { status, json } = await send(simulator, ask(), { headers: { authorization: '' } });
    expect([status, json.error]).toEqual([
      401,
      { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' },
    ]);
    expect(simulator.requests()).toMatchObject([{ outcome: 'invalid', status: 401 }]);
  });

  it('has to be one of those that the option names', async () => {
    const simulator = await simulate({ ...INSTANT, apiKeys: ['gsk_right'] });
    expect((await send(simulator, ask())).status).toBe(401);
    expect((await send(simulator, ask(), { headers: { authorization: 'Bearer gsk_right' } })).status).toBe(200);
  });
});

describe('the official clients', () => {
  const request = {
    model: GPT,
    messages: [{ role: 'user' as const, content: 'What is 7+7?' }],
    max_completion_tokens: 20,
  };

  it('groq-sdk talks to it', async () => {
    const { port } = await simulate();
    const client = new Groq({ apiKey: 'gsk_test', baseURL: `http://127.0.0.1:${port}` });
    expect((await client.chat.completions.create(request)).choices[0]!.message.content).toBe('14 (simulated)');
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('14 (simulated)');
    expect((await client.models.list()).data.length).toBeGreaterThan(3);
  });

  it('openai talks to it', async () => {
    const { url } = await simulate();
    const client = new OpenAI({ apiKey: 'gsk_test', baseURL: url });
    expect((await client.chat.completions.create(request)).choices[0]!.message.content).toBe('14 (simulated)');
    await expect(client.chat.completions.create({ ...request, model: 'gpt-9' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toText } from 'rx-groq';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, clientFor, record } from '../client/harness.js';

/* The habits of other servers (facts about them were gathered in 2026), over a real socket. */

interface Canned {
  readonly body: string;
  readonly type?: string;
  readonly status?: number;
}

/** A server that answers everything with this. */
async function serve({ body, type = 'text/event-stream', status = 200 }: Canned): Promise<{ url: string }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, { 'content-type': type }).end(body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

const once = { retry: { maxRetries: 0, maxRefusals: 0 } };
const base = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' };
const chunk = (delta: object, finish_reason: string | null = null, more: object = {}): object => ({
  ...base,
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
});
const event = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const stream = (...events: unknown[]): string => events.map(event).join('');
const done = '[DONE]';
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

const whole: readonly { name: string; body: string; content?: string | null; answer?: object }[] = [
  {
    name: 'OpenAI: usage in a chunk of its own, null before, padding',
    body: stream(
      chunk({ role: 'assistant', content: '' }, null, { usage: null, obfuscation: 'x7' }),
      chunk({ content: 'Hi' }, null, { usage: null }),
      chunk({}, 'stop', { usage: null }),
      { ...base, choices: [], usage },
      done,
    ),
    answer: { usage },
  },
  {
    name: 'Groq: usage in x_groq alone',
    body: stream(chunk({ content: 'Hi' }), chunk({}, 'stop', { x_groq: { id: 'req_1', usage } }), done),
    answer: { usage, x_groq: { id: 'req_1' } },
  },
  {
    name: 'Groq, a system of models: usage_breakdown moves to where an answer in one piece has it',
    body: stream(chunk({ content: 'Hi' }), chunk({}, 'stop', { x_groq: { id: 'r', usage_breakdown: { models: [] } } })),
    answer: { usage_breakdown: { models: [] }, x_groq: { id: 'r' } },
  },
  {
    name: 'Azure: a first chunk without choices, id and model; choices without a delta',
    body: stream(
      { ...base, id: '', model: '', choices: [], prompt_filter_results: [] },
      chunk({ role: 'assistant', content: 'Hi' }),
      { ...base, choices: [{ index: 0, content_filter_results: {}, finish_reason: null }] },
      chunk({}, 'stop'),
      { ...base, choices: [{ index: 0, content_filter_offsets: {}, finish_reason: null }] },
      done,
    ),
    answer: { id: 'x', model: 'm' },
  },
  {
    name: 'OpenRouter: comments while it works',
    body: `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${stream(chunk({ content: 'Hi' }), chunk({}, 'stop'), done)}`,
  },
  {
    name: 'vLLM: usage in every chunk, the last counts; reasoning_content',
    body: stream(
      chunk({ reasoning_content: 'hm ' }, null, { usage: { ...usage, completion_tokens: 1 } }),
      chunk({ reasoning_content: 'yes', content: 'Hi' }, null, { usage }),
      chunk({}, 'stop'),
      done,
    ),
    answer: { usage },
  },
  { name: 'old Ollama: finish_reason ""', body: stream(chunk({ content: 'Hi' }), chunk({}, ''), done) },
  {
    name: 'llama.cpp: pings and empty data',
    body: `: ping\n\ndata:\n\n${stream(chunk({ content: 'Hi' }), chunk({}, 'stop', { timings: {} }), done)}`,
  },
  {
    name: 'Mistral: content as parts',
    body: stream(
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
      chunk({ content: [{ type: 'text', text: 'H' }] }),
      chunk({ content: 'i' }, 'stop', { usage }),
      done,
    ),
    answer: { usage },
  },
  { name: 'CRLF', body: stream(chunk({ content: 'Hi' }), chunk({}, 'stop'), done).replaceAll('\n', '\r\n') },
  { name: 'CR', body: stream(chunk({ content: 'Hi' }), chunk({}, 'stop'), done).replaceAll('\n', '\r') },
  { name: 'no last blank line', body: stream(chunk({ content: 'Hi' }), chunk({}, 'stop')).trimEnd() },
  {
    name: '[DONE] and then more',
    body: stream(chunk({ content: 'Hi' }), chunk({}, 'stop'), done, chunk({ content: '!' })),
  },
  {
    name: 'a tool call in fragments, by index',
    body: stream(
      chunk({
        role: 'assistant',
        content: null,
        tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }],
      }),
      chunk({ tool_calls: [{ index: 1, id: 'c2', type: 'function', function: { name: 'g', arguments: '{}' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
      chunk({}, 'tool_calls'),
      done,
    ),
    content: null,
    answer: {
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            tool_calls: [
              { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
              { id: 'c2', type: 'function', function: { name: 'g', arguments: '{}' } },
            ],
          },
        },
      ],
    },
  },
  {
    name: 'several choices, mixed',
    body: stream(
      { ...base, choices: [{ index: 1, delta: { content: 'Ho' }, finish_reason: null }] },
      chunk({ content: 'Hi' }, 'stop'),
      { ...base, choices: [{ index: 1, delta: {}, finish_reason: 'length' }] },
      done,
    ),
    answer: { choices: [{ index: 0 }, { index: 1, message: { content: 'Ho' }, finish_reason: 'length' }] },
  },
];

describe('an answer that is whole', () => {
  test.each(whole)('$name', async ({ body, content = 'Hi', answer = {} }) => {
    const client = clientFor(await serve({ body }), {}, once);
    const completion = await firstValueFrom(client.complete(ask()));
    expect(completion.choices[0].message.content).toBe(content);
    expect(completion).toMatchObject(answer);
    expect(completion).not.toHaveProperty('obfuscation');
    expect(await lastValueFrom(client.stream(ask()).pipe(toText()))).toBe(content ?? '');
  });
});

const failing: readonly { name: string; canned: Canned; error: object; chunks?: number }[] = [
  {
    name: 'Groq: an event named error',
    canned: {
      body: `${stream(chunk({ content: 'H' }))}event: error\n${event({ error: { message: 'no', code: 'tool_use_failed', status_code: 400 } })}`,
    },
    error: { kind: 'api', status: 400, code: 'tool_use_failed' },
    chunks: 1,
  },
  {
    name: 'Groq: x_groq.error, why the stream was stopped early',
    canned: {
      body: stream(chunk({ content: 'H' }), chunk({}, null, { x_groq: { id: 'r', error: 'over capacity' } }), done),
    },
    error: { kind: 'api', message: expect.stringContaining('over capacity') },
    chunks: 1,
  },
  {
    name: 'OpenRouter: a top-level error with a numeric code among the data',
    canned: {
      body: stream(chunk({ content: 'H' }), { ...chunk({}, 'error'), error: { message: 'upstream', code: 502 } }),
    },
    error: { kind: 'api', code: '502' },
    chunks: 1,
  },
  {
    name: 'vLLM: an error object without choices',
    canned: { body: stream({ object: 'error', message: 'too long', type: 'BadRequestError', code: 400 }) },
    error: { kind: 'api', message: expect.stringContaining('too long') },
  },
  {
    name: 'Ollama: {"error":"text"} inside a 200',
    canned: { body: stream({ error: 'model requires more memory' }) },
    error: { kind: 'api', message: expect.stringContaining('model requires more memory') },
  },
  {
    name: 'a 200 that is JSON with an error, although a stream was asked for',
    canned: { body: JSON.stringify({ error: { message: 'unexpected endpoint' } }), type: 'application/json' },
    error: { kind: 'api', message: expect.stringContaining('unexpected endpoint') },
  },
  {
    name: '[DONE] without a finish reason',
    canned: { body: stream(chunk({ content: 'H' }), done) },
    error: { kind: 'stream_broken' },
    chunks: 1,
  },
  { name: '[DONE] alone', canned: { body: stream(done) }, error: { kind: 'stream_broken' } },
  { name: 'the end of bytes alone', canned: { body: '' }, error: { kind: 'stream_broken' } },
  {
    name: 'one choice of two unfinished',
    canned: {
      body: stream(
        { ...base, choices: [{ index: 1, delta: { content: 'a' }, finish_reason: null }] },
        chunk({}, 'stop'),
        done,
      ),
    },
    error: { kind: 'stream_broken' },
    chunks: 2,
  },
  {
    name: 'JSON that is no chunk',
    canned: { body: stream(chunk({ content: 'H' }), { hello: 'world' }) },
    error: { kind: 'stream_broken' },
    chunks: 1,
  },
  { name: 'a JSON text, number or null', canned: { body: stream('null') }, error: { kind: 'stream_broken' } },
  {
    name: 'Cloudflare: a 403 page of HTML',
    canned: { body: '<html><body>Sorry, you have been blocked</body></html>', type: 'text/html', status: 403 },
    error: { kind: 'authentication', status: 403, message: expect.stringContaining('you have been blocked') },
  },
  {
    name: 'a 429 with neither text nor header',
    canned: { body: '', status: 429, type: 'text/plain' },
    error: {
      kind: 'rate_limit',
      retryAfterMs: undefined,
      message: expect.stringContaining('Send the request again later'),
    },
  },
  {
    name: 'Groq: an impossible request as 429',
    canned: {
      body: JSON.stringify({
        error: {
          message:
            'Request too large for model `m` in organization `org_01abc` on output tokens per minute (OTPM): Limit 1000, Requested 1240.',
          code: 'rate_limit_exceeded',
        },
      }),
      type: 'application/json',
      status: 429,
    },
    error: {
      kind: 'request_too_large',
      limit: 1000,
      requested: 1240,
      window: 'OTPM',
      message: expect.not.stringContaining('org_01abc'),
    },
  },
];

describe('an answer that failed', () => {
  test.each(failing)('$name', async ({ canned, error, chunks = 0 }) => {
    const client = clientFor(await serve(canned), {}, once);
    const streamed = await record(client.stream(ask())).end;
    expect(streamed.error).toMatchObject({ ...error, attempts: 1 });
    expect(streamed.values).toHaveLength(chunks);
    expect((await record(client.complete(ask())).end).error).toMatchObject(error);
  });
});

test('[DONE] ends the answer at once, although the server keeps the connection open', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(stream(chunk({ content: 'Hi' }), chunk({}, 'stop'), done));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = clientFor({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
  expect(await lastValueFrom(client.stream(ask()).pipe(toText()))).toBe('Hi');
  expect(client.limits(ask().model)).toMatchObject({ inFlight: 0 });
});

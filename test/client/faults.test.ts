import { type ChatFailure, type ChatRequest, createChatClient, isChatError, toText } from 'rx-groq';
import type { Fault } from 'rx-groq/simulator';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ask, clientFor, closing, configFor, eventsOf, KEY, MODEL, OTHER, record, simulate } from './harness.js';

/** What a request gets that meets the fault once and is not sent again. */
interface Row {
  readonly fault: Fault;
  /** Of the error. */
  readonly gets: Partial<Record<string, unknown>> & { readonly kind: ChatFailure['kind'] };
  /** What the message tells the reader to do. */
  readonly says: RegExp;
  readonly received?: number;
}

/** ms, where the fault is a silence. */
const silence = 1000;
const serverFault = /fault of the server.*send the request again/;
const rows: readonly Row[] = [
  {
    fault: { kind: 'status', status: 429, retryAfterMs: 432_000 },
    gets: {
      kind: 'rate_limit',
      retryAfterMs: 432_000,
      limit: 30,
      used: 30,
      requested: 1,
      window: 'RPM',
      retryable: true,
    },
    says: /try again in 7m12s/,
  },
  { fault: { kind: 'status', status: 500 }, gets: { kind: 'api', status: 500, retryable: true }, says: serverFault },
  { fault: { kind: 'status', status: 503 }, gets: { kind: 'api', status: 503, retryable: true }, says: /try again/ },
  {
    fault: { kind: 'status', status: 502, body: '<html><h1>Bad gateway</h1></html>' },
    gets: { kind: 'api', status: 502, body: '<html><h1>Bad gateway</h1></html>', retryable: true },
    says: serverFault,
  },
  {
    fault: { kind: 'status', status: 400 },
    gets: { kind: 'api', status: 400, retryable: false },
    says: /Simulated error 400.*Change the request/,
  },
  { fault: { kind: 'status', status: 401 }, gets: { kind: 'authentication', status: 401 }, says: /Check api_key/ },
  {
    fault: { kind: 'status', status: 403 },
    gets: { kind: 'authentication', status: 403, code: 'model_permission_blocked_org' },
    says: /have the org admin enable this model/,
  },
  {
    fault: { kind: 'status', status: 404 },
    gets: { kind: 'api', status: 404, code: 'model_not_found' },
    says: /Take another model/,
  },
  {
    fault: { kind: 'reset-before-head' },
    gets: { kind: 'connection', retryable: true },
    says: /Check the network and base_url/,
  },
  {
    fault: { kind: 'reset-mid-stream', after: 4 },
    gets: { kind: 'stream_broken', retryable: true },
    received: 4,
    says: /[Ss]end the request again/,
  },
  {
    fault: { kind: 'stall', after: 2 },
    gets: { kind: 'stream_timeout', phase: 'idle', timeoutMs: silence },
    received: 2,
    says: /timeouts\.idle\).*send the request again/,
  },
  {
    fault: { kind: 'slow-head', ms: 60_000 },
    gets: { kind: 'stream_timeout', phase: 'head', timeoutMs: silence },
    says: /timeouts\.head\).*send the request again/,
  },
  {
    fault: { kind: 'garbage', after: 3 },
    gets: { kind: 'stream_broken' },
    received: 3,
    says: /[Ss]end the request again/,
  },
  { fault: { kind: 'cut', after: 3 }, gets: { kind: 'stream_broken' }, received: 3, says: /[Ss]end the request again/ },
  { fault: { kind: 'html' }, gets: { kind: 'stream_broken' }, received: 0, says: /text\/html.*Check base_url/ },
  {
    fault: { kind: 'empty' },
    gets: { kind: 'stream_broken' },
    received: 0,
    says: /application\/json.*Check base_url|a chat completion.*not whole.*Send the request again/,
  },
  {
    fault: { kind: 'stream-error', after: 3 },
    gets: { kind: 'api', status: 500, code: 'internal_server_error', retryable: true },
    says: serverFault,
  },
];

const unlucky = 'the unlucky one';
const befalling = (fault: Fault): Fault => ({
  ...fault,
  match: ({ messages }) => messages.some(({ content }) => content === unlucky),
});
const nameOf = ({ fault, ...rest }: Row) => ({ ...rest, fault, name: Object.values(fault).slice(0, 2).join(' ') });

const once = { retry: { maxRetries: 0, maxRefusals: 0 } };

/** Runs the unlucky request between two others; both of these must be answered. */
async function among(
  fault: Fault,
  how: (request: ChatRequest) => ChatRequest,
  method: 'stream' | 'complete',
): Promise<{ error: ChatFailure; id: string; delivered: number }> {
  const simulator = await simulate();
  simulator.fault(befalling(fault));
  const phase = ({ stall: 'idle', 'slow-head': 'head' } as Record<string, string>)[fault.kind];
  // Where the fault is a silence it is another model's, so that a busy machine's is none of the others.
  const model = phase ? OTHER : MODEL;
  const { [MODEL]: entry, ...rest } = configFor(simulator);
  const config = { ...rest, [MODEL]: { ...entry!, ...(phase && { timeouts: { [phase]: silence } }) } };
  const client = closing(createChatClient(config, once));
  const events = eventsOf(client);
  const run = (content: string, more = {}) => record<unknown>(client[method](how(ask(content, more))));
  const [before, hit, after] = [run('What is 1+2?', { model }), run(unlucky), run('What is 2+2?', { model })];
  await Promise.all([before.end, hit.end, after.end]);
  expect(before.log.at(-1)).toBe('complete');
  expect(after.log.at(-1)).toBe('complete');
  // And the client goes on as before.
  expect(await lastValueFrom(client.stream(ask('What is 7+7?', { model })).pipe(toText()))).toMatch(/^14\b/);
  if (!isChatError(hit.error)) throw new Error('no ChatError', { cause: hit.error });
  const failed = events.filter(event => event.type === 'failed');
  expect(failed).toHaveLength(1);
  return { error: hit.error, id: failed[0]!.id, delivered: hit.values.length };
}

describe.each(rows.map(nameOf))('$name', ({ fault, gets, says, received }) => {
  test('streamed', async () => {
    const { error, id, delivered } = await among(fault, request => request, 'stream');
    expect(error).toMatchObject({ ...gets, model: MODEL, requestId: id, attempts: 1 });
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain(KEY);
    expect(error.message).not.toContain(unlucky);
    if (received !== undefined) {
      expect('received' in error && error.received).toHaveLength(received);
      expect(delivered).toBe(received);
    }
  });

  test('whole, streamed on the wire', async () => {
    const { error, id, delivered } = await among(fault, request => request, 'complete');
    expect(error).toMatchObject({ ...gets, model: MODEL, requestId: id, attempts: 1 });
    if (received !== undefined) expect('received' in error && error.received).toHaveLength(received);
    expect(delivered).toBe(0);
  });

  test('whole, in one piece', async () => {
    const { error, id } = await among(fault, request => ({ ...request, stream: false }), 'complete');
    expect(error).toMatchObject({ ...gets, model: MODEL, requestId: id, attempts: 1 });
    expect(error.message).toMatch(says);
  });
});

test('an answer without [DONE] is whole if every choice has its finish reason', async () => {
  const simulator = await simulate();
  simulator.fault({ kind: 'no-done' });
  const client = clientFor(simulator, {}, once);
  const chunks = await lastValueFrom(client.stream(ask()).pipe(toArray()));
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
});

test('a slow head that comes in time is no fault', async () => {
  const simulator = await simulate();
  simulator.fault({ kind: 'slow-head', ms: 50 });
  const client = clientFor(simulator, {}, once);
  expect((await firstValueFrom(client.complete(ask()))).choices[0].message.content).toMatch(/^14\b/);
});

test('an answer that takes longer than timeouts.total is given up, with what came', async () => {
  const simulator = await simulate({ tokensPerSecond: 20, answer: () => 'word '.repeat(200) });
  const client = clientFor(simulator, {}, { retry: { maxRetries: 0 }, timeouts: { total: 400 } });
  const { error, values } = await record(client.stream(ask('x', { max_completion_tokens: 200 }))).end;
  expect(error).toMatchObject({ kind: 'stream_timeout', phase: 'total', timeoutMs: 400, received: values });
  await simulator.until(({ open }) => open === 0);
});

test('nobody listens at the address', async () => {
  const client = clientFor({ url: 'http://127.0.0.1:1/v1' }, {}, once);
  const { error } = await record(client.stream(ask())).end;
  expect(error).toMatchObject({ kind: 'connection', code: 'ECONNREFUSED', attempts: 1, retryable: true });
  expect((error as Error).message).toMatch(/127\.0\.0\.1:1\b.*Check the network and base_url/);
});

test('a request that the server finds too large says both numbers, and is not sent again', async () => {
  const simulator = await simulate({ limits: { [MODEL]: { tpm: 60, rpm: -1, rpd: -1, tpd: -1 } } });
  const client = clientFor(simulator);
  const { error } = await record(client.stream(ask('hello', { max_completion_tokens: 100 }))).end;
  expect(error).toMatchObject({ kind: 'request_too_large', limit: 60, window: 'TPM', attempts: 1, retryable: false });
  expect((error as { requested?: number }).requested).toBeGreaterThan(160);
  expect(simulator.stats().tooLarge).toBe(1);
});

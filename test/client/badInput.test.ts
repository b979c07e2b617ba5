import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatConfig, type ChatRequest, createChatClient } from 'rx-groq';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, clientFor, closing, eventsOf, MODEL, OTHER, record, simulate } from './harness.js';

/* The table "Bad input, and what it gets" of the first issue. */

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('config', () => {
  const rows: readonly { given: string; text?: string; error: RegExp; issues?: readonly object[] }[] = [
    { given: 'a file that is missing', error: /no-such-file\.json/ },
    { given: 'a file that is not JSON', text: '{\n  "m": {\n    "req_per_minute": 30,,\n', error: /line 3|3:/ },
    {
      given: 'wrong types and an unknown key, all mistakes together',
      text: `{
  "m": {
    "req_per_minute": "30",
    "req_per_dya": 100,
    "base_url": 7,
  },
}`,
      error: /req_per_minute: expected a positive integer or -1, got "30"/,
      issues: [
        { path: 'm.req_per_minute', line: 3, column: 5 },
        { path: 'm.req_per_dya', line: 4, message: expect.stringContaining('req_per_day') },
        { path: 'm.base_url', line: 5 },
      ],
    },
    {
      given: 'an environment variable that is not set',
      text: ['{ "m": { "api_key": "$', '{RX_GROQ_NOT_SET}" } }'].join(''),
      error: /RX_GROQ_NOT_SET/,
      issues: [{ path: 'm.api_key', line: 1 }],
    },
  ];

  test.each(rows)('$given: a ConfigError with place and expectation', ({ text, error, issues }) => {
    const folder = mkdtempSync(join(tmpdir(), 'rx-groq-bad-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, text === undefined ? 'no-such-file.json' : 'config.json');
    if (text !== undefined) writeFileSync(path, text);
    const thrown = thrownBy(() => createChatClient(path));
    expect(thrown).toMatchObject({ kind: 'config', message: expect.stringMatching(error) });
    if (issues) {
      const byLine = [...(thrown as { issues: { line: number }[] }).issues].sort((a, b) => a.line - b.line);
      expect(byLine).toMatchObject(issues);
    }
  });

  test('a folder in place of a file', () => {
    expect(thrownBy(() => createChatClient(tmpdir()))).toMatchObject({ kind: 'config' });
  });

  test('no API key anywhere: at the first request to Groq, with the three ways to give one', async () => {
    const config: ChatConfig = { [MODEL]: { base_url: 'https://api.groq.com/openai/v1' } };
    const before = process.env.GROQ_API_KEY;
    delete process.env.GROQ_API_KEY;
    onTestFinished(() => {
      if (before !== undefined) process.env.GROQ_API_KEY = before;
    });
    const client = closing(createChatClient(config));
    expect(client.models()).toEqual([MODEL]);
    const { error } = await record(client.stream(ask())).end;
    expect(error).toMatchObject({ kind: 'config', model: MODEL, attempts: 0 });
    expect((error as Error).message).toMatch(/\$GROQ_API_KEY.*"api_key".*config file.*createChatClient\(/);
  });
});

const circular: Record<string, unknown> = { model: MODEL, messages: [{ role: 'user', content: 'x' }] };
circular.self = circular;

const having = (more: object): unknown => ({ ...ask('hi'), ...more });

const requests: readonly { given: string; request: unknown; field: string; says?: RegExp }[] = [
  {
    given: 'an unknown model',
    request: having({ model: 'gpt-oss-20' }),
    field: 'model',
    says: /gpt-oss-20b, .*gpt-oss-120b/,
  },
  { given: 'a retired model', request: having({ model: 'llama-3.1-8b-instant' }), field: 'model', says: /retired/ },
  ...[0, 11, 2.5, 'high', Number.NaN].map(priority => ({
    given: `priority ${priority}`,
    request: having({ priority }),
    field: 'priority',
    says: /from 1 \(most urgent\) to 10/,
  })),
  { given: 'no messages', request: having({ messages: [] }), field: 'messages' },
  {
    given: 'a wrong role',
    request: having({ messages: [{ role: 'wizard', content: 'x' }] }),
    field: 'messages[0].role',
  },
  { given: 'NaN as temperature', request: having({ temperature: Number.NaN }), field: 'temperature' },
  { given: 'a circular object', request: circular, field: 'self' },
  { given: 'no object', request: undefined, field: '' },
  { given: 'null', request: null, field: '' },
  { given: 'a text', request: 'What is 7+7?', field: '' },
];

describe('a request', () => {
  test.each(requests)(
    '$given: a RequestInvalidError at subscription, nothing sent',
    async ({ request, field, says }) => {
      const simulator = await simulate();
      const client = clientFor(simulator);
      const events = eventsOf(client);
      for (const method of ['stream', 'complete'] as const) {
        const call$ = client[method](request as ChatRequest);
        const { error } = record<unknown>(call$);
        expect(error).toMatchObject({ kind: 'request_invalid', attempts: 0, retryable: false });
        if (field) expect(error).toMatchObject({ field });
        if (says) expect((error as Error).message).toMatch(says);
      }
      expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
      expect(events.filter(({ type }) => type === 'failed')).toHaveLength(2);
      expect(simulator.stats()).toMatchObject({ requests: 0, invalid: 0 });
    },
  );

  test('an Observable of priorities that emits a wrong one fails that request', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: [{ limit: 0, per: '1h' }] });
    const { BehaviorSubject } = await import('rxjs');
    const priority = new BehaviorSubject(3);
    const waiting = record(client.stream(ask('x', { priority })));
    expect(waiting.ended).toBe(false);
    priority.next(11);
    expect(waiting.error).toMatchObject({ kind: 'request_invalid', field: 'priority' });
    expect(priority.observed).toBe(false);
  });

  test('larger than the context window: at once, with both numbers', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { context_window: 50 }, { tokenCounter: () => 51 });
    const { error } = record(client.stream(ask('x'.repeat(300))));
    expect(error).toMatchObject({ kind: 'request_too_large', requested: 51, limit: 50, window: 'context window' });
    expect((error as Error).message).toMatch(/51.*50.*Shorten the prompt/);
    expect(simulator.stats().requests).toBe(0);
  });

  test('larger than the context window together with its cap: at once, before the server says so', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { context_window: 50 }, { tokenCounter: () => 20 });
    const { error } = record(client.stream(ask('x', { max_completion_tokens: 31 })));
    expect(error).toMatchObject({ kind: 'request_too_large', requested: 51, limit: 50, window: 'context window' });
    expect((error as Error).message).toMatch(/20 tokens.*31.*50.*max_completion_tokens/);
    expect(simulator.stats().requests).toBe(0);
    expect((await record(client.stream(ask('x', { max_completion_tokens: 30 }))).end).log.at(-1)).toBe('complete');
  });

  test('larger than a whole window of tokens: at once, with both numbers', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { token_per_minute: 100 }, { tokenCounter: () => 80 });
    const { error } = record(client.stream(ask('x', { max_completion_tokens: 50 })));
    expect(error).toMatchObject({ kind: 'request_too_large', requested: 130, limit: 100, attempts: 0 });
    expect((error as Error).message).toMatch(/130 tokens.*100.*max_completion_tokens/);
    expect((await record(client.stream(ask('x', { max_completion_tokens: 20 }))).end).log.at(-1)).toBe('complete');
    expect(simulator.stats().requests).toBe(1);
  });

  test('with a cap above all output: the server’s word, or ours', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const { error } = await record(client.stream(ask('x', { max_completion_tokens: 100_000, model: OTHER }))).end;
    expect(error).toMatchObject({ kind: 'api', status: 400 });
    expect((error as Error).message).toMatch(/max_tokens must be less than or equal to 65536/);
  });
});

describe('options', () => {
  const anywhere = { m: { base_url: 'http://fake.invalid/v1' } };

  test.each<[string, object]>([
    ['maxQueue: expected a number of at least 0, got NaN', { maxQueue: Number.NaN }],
    ['maxFlight: expected a number of at least 0, got -1', { maxFlight: -1 }],
    ['aging: expected a number of at least 0, got 30s', { aging: '30s' }],
    ['maxWait: expected a number of at least 0, got -1', { maxWait: -1 }],
    ['timeouts.idle: expected a number of at least 0, got -1', { timeouts: { idle: -1 } }],
    ['retry.maxRetries: expected a number of at least 0, got many', { retry: { maxRetries: 'many' } }],
    ['backfill.slack: expected a number of at least 0, got -0.1', { backfill: { slack: -0.1 } }],
  ])('%s', (message, options) => {
    expect(thrownBy(() => createChatClient(anywhere, options))).toEqual(new TypeError(message));
  });

  test('that are undefined have their defaults', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 503, times: 10 });
    const retry = { maxRetries: undefined as unknown as number, maxDelay: 1 };
    const { error } = await record(clientFor(simulator, {}, { retry }).stream(ask())).end;
    expect(error).toMatchObject({ kind: 'api', status: 503, attempts: 4 });
  });
});

import { inspect, types } from 'node:util';
import { type ChatRequest, createChatClient } from 'rx-groq';
import type { Fault } from 'rx-groq/simulator';
import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { AT_ONCE, ask, clientFor, closing, configFor, eventsOf, KEY, MODEL, record, simulate } from './harness.js';

/* Nothing that a program could log ever shows an API key, nor an error a prompt. */

const PROMPT = 'the-patient-has-a-secret-illness';
const HEADER = 'token-of-the-corporate-proxy';

const deep = { depth: Infinity, showHidden: true, getters: true };

/** All that a program could print of a value. */
function prints(value: unknown): string {
  const error = value instanceof Error ? [value.message, value.stack, String(value)] : [];
  return [...error, inspect(value, deep), JSON.stringify(value)].join();
}

/**
 * All that could be printed of what hangs on a value, each object once. `inspect` prints it wherever it is met, and what hangs on a
 * subscription, its scheduler and all who wait there with it, is no tree: that has 46 MB.
 */
function printsOfGraph(value: unknown): string {
  const seen = new Set<unknown>([value]);
  const texts: string[] = [];
  for (const one of seen) {
    if ((typeof one !== 'object' || one === null) && typeof one !== 'function') continue;
    // What is in these only `inspect` can see.
    const opaque = types.isPromise(one) || types.isWeakMap(one) || types.isWeakSet(one);
    texts.push(inspect(one, { ...deep, depth: opaque ? Infinity : 1 }));
    for (const key of Reflect.ownKeys(one)) {
      try {
        seen.add((one as Record<PropertyKey, unknown>)[key]);
      } catch {
        // a getter that fails shows nothing
      }
    }
    if (one instanceof Map) for (const entry of one) for (const part of entry) seen.add(part);
    if (one instanceof Set) for (const part of one) seen.add(part);
  }
  return texts.join();
}

const faults: readonly Fault[] = [
  { kind: 'status', status: 400, body: { error: { message: `Bad key ${KEY} in org_01abcdef` } } },
  { kind: 'status', status: 400, body: `no JSON: ${KEY}` },
  { kind: 'status', status: 401, body: { error: { message: `Invalid API Key: ${KEY}`, code: 'invalid_api_key' } } },
  { kind: 'status', status: 429, retryAfterMs: 900_000 },
  { kind: 'status', status: 503 },
  { kind: 'reset-before-head' },
  { kind: 'reset-mid-stream' },
  { kind: 'garbage' },
  { kind: 'html' },
  { kind: 'cut' },
  { kind: 'stall' },
  { kind: 'slow-head', ms: 60_000 },
  { kind: 'stream-error' },
];

const bad: readonly object[] = [
  { model: 'nobody' },
  { priority: 11 },
  { temperature: Number.NaN },
  { messages: [{ role: 'wrong', content: PROMPT }] },
  { max_completion_tokens: 100_000 },
];

test('the client itself, before, while and after it works', async () => {
  const simulator = await simulate({ tokensPerSecond: 50 });
  const client = clientFor(simulator, { headers: { 'proxy-authorization': HEADER }, max_concurrent: 1 });
  expect(prints(client)).not.toContain(KEY);
  const runs = [1, 2].map(() => record(client.stream(ask(PROMPT))));
  await simulator.until(({ streams }) => streams === 1);
  for (const secret of [KEY, HEADER]) expect(prints(client)).not.toContain(secret);
  for (const { subscription } of runs) expect(printsOfGraph(subscription)).not.toContain(KEY);
  await Promise.all(runs.map(({ end }) => end));
  await lastValueFrom(client.close());
  for (const secret of [KEY, HEADER]) expect(prints(client)).not.toContain(secret);
});

test('what it gives out: configuration, limits, status, events, results, streams', async () => {
  const simulator = await simulate();
  const client = clientFor(simulator, { headers: { 'proxy-authorization': HEADER } });
  const events = eventsOf(client);
  const given: unknown[] = [client.limits(MODEL), client.models()];
  for (const source of [client.config$, client.status$, client.limits$(MODEL), client.reloadConfig()]) {
    given.push(await firstValueFrom<unknown>(source), source);
  }
  given.push(await lastValueFrom(from([ask(), ask('x', { priority: 11 })]).pipe(client.completeEach(), toArray())));
  given.push(client.stream(ask()), await lastValueFrom(client.stream(ask()).pipe(toArray())), events);
  for (const one of given) for (const secret of [KEY, HEADER]) expect(prints(one)).not.toContain(secret);
  const config = await firstValueFrom(client.config$);
  expect(Object.keys(config[MODEL]!)).not.toContain('api_key');
  expect(config[MODEL]!.api_key).toBe('gsk_…cret');
  expect(events.length).toBeGreaterThan(0);
});

test('errors, whatever went wrong: neither key nor prompt, causes included', async () => {
  const simulator = await simulate();
  const options = { retry: { maxRetries: 0 }, timeouts: { head: 500, idle: 500 }, tokenCounter: () => 20 };
  const client = clientFor(
    simulator,
    { headers: { 'proxy-authorization': HEADER }, token_per_minute: 10_000 },
    options,
  );
  const events = eventsOf(client);
  const errors: unknown[] = [];
  const fail = async (request: ChatRequest): Promise<void> => {
    const { error } = await record(client.stream(request)).end;
    expect(error).toBeInstanceOf(Error);
    errors.push(error);
  };
  for (const fault of faults) {
    simulator.fault(fault);
    await fail(ask(PROMPT));
  }
  for (const more of bad) await fail({ ...ask(PROMPT), ...more } as ChatRequest);
  const nowhere = closing(createChatClient(configFor({ url: 'http://127.0.0.1:1/v1' }), { retry: AT_ONCE }));
  errors.push((await record(nowhere.stream(ask(PROMPT))).end).error);

  expect(errors).toHaveLength(faults.length + bad.length + 1);
  for (const error of errors) {
    for (const secret of [KEY, HEADER, PROMPT]) expect(prints(error)).not.toContain(secret);
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      for (const secret of [KEY, HEADER, PROMPT]) expect(prints(cause)).not.toContain(secret);
    }
  }
  expect(errors.map(error => (error as Error).message).join()).toContain('gsk_…');
  const failures = events.filter(event => event.type === 'failed').map(({ error }) => error);
  expect(failures).toHaveLength(faults.length + bad.length);
  for (const event of events) expect(prints(event)).not.toContain(KEY);
});

test('a configuration that can not be used', async () => {
  const broken = { [MODEL]: { api_key: KEY, req_per_minute: '30', headers: { authorization: `Bearer ${HEADER}` } } };
  let error: unknown;
  try {
    createChatClient(broken as never);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ kind: 'config' });
  for (const secret of [KEY, HEADER]) expect(prints(error)).not.toContain(secret);
});

test('what is looked for here would be found, however deep it is', () => {
  const hidden = Object.defineProperty({}, Symbol('key'), { get: () => ({ of: new Map([[{}, new Set([KEY])]]) }) });
  const around: { inner: object; self?: object } = { inner: [[[{ a: { b: { c: Promise.resolve({ hidden }) } } }]]] };
  around.self = around;
  expect(printsOfGraph(around)).toContain(KEY);
});

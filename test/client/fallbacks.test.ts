import { type ChatClientOptions, type ChatConfig, type ChatEvent, createChatClient } from 'rx-groq';
import type { Fault, Simulator } from 'rx-groq/simulator';
import { firstValueFrom, from, lastValueFrom, map, mergeMap, Subscription, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { AT_ONCE, ask, clientFor, closing, configFor, eventsOf, MODEL, OTHER, record, simulate } from './harness.js';

const once = { retry: { maxRetries: 0, maxRefusals: 0 } };
const both = { fallbacks: [OTHER] };
const sentTo = (simulator: Simulator, model: string): number =>
  simulator.requests().filter(request => request.model === model).length;
const fallbacksIn = (events: readonly ChatEvent[]) => events.filter(event => event.type === 'fallback');

describe('a retired model', () => {
  test.each([
    ['llama-3.1-8b-instant', 404, 'model_not_found'],
    ['qwen/qwen3-32b', 400, 'model_decommissioned'],
  ])('%s: the next one answers', async (retired, status, code) => {
    const simulator = await simulate();
    const entry = configFor(simulator)[MODEL]!;
    const config: ChatConfig = { [retired]: entry, [MODEL]: entry };
    const client = closing(createChatClient(config));
    const events = eventsOf(client);
    const request = ask('What is 7+7?', { model: retired, fallbacks: [MODEL] });
    const result = await lastValueFrom(from([request]).pipe(client.completeEach()));
    expect(result).toMatchObject({ ok: true, model: MODEL, request: { model: retired }, timing: { attempts: 2 } });
    expect(result.ok && result.completion.model).toBe(MODEL);
    expect(fallbacksIn(events)).toMatchObject([{ from: retired, to: MODEL, error: { status, code, model: retired } }]);
    expect(events.map(({ type }) => type)).toEqual([
      ...['queued', 'admitted', 'sent', 'head', 'fallback'],
      ...['admitted', 'sent', 'head', 'first_token', 'completed'],
    ]);
  });
});

describe('falls back after', () => {
  const faults: Fault[] = [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 498 },
    { kind: 'status', status: 403 },
    { kind: 'status', status: 413 },
    { kind: 'status', status: 429, retryAfterMs: 10 },
    { kind: 'reset-before-head' },
    { kind: 'empty' },
    { kind: 'html' },
    { kind: 'stall', after: 0 },
    { kind: 'slow-head', ms: 60_000 },
  ];
  test.each(faults)('%o', async fault => {
    const simulator = await simulate();
    simulator.fault(fault);
    const { [MODEL]: entry, ...rest } = configFor(simulator);
    const impatient = { ...entry!, timeouts: { head: 500, idle: 500 } };
    const client = closing(createChatClient({ ...rest, [MODEL]: impatient }, once));
    const { log, values } = await record(client.stream(ask('What is 7+7?', both))).end;
    expect(log.at(-1)).toBe('complete');
    expect(values.at(-1)?.model).toBe(OTHER);
    expect([sentTo(simulator, MODEL), sentTo(simulator, OTHER)]).toEqual([1, 1]);
  });
});

describe('does not fall back', () => {
  test.each([
    ['400: the request itself is wrong', { kind: 'status', status: 400 }, { kind: 'api', status: 400 }],
    ['401: the key is wrong', { kind: 'status', status: 401 }, { kind: 'authentication', status: 401 }],
    ['once a delta was delivered', { kind: 'reset-mid-stream', after: 3 }, { kind: 'stream_broken' }],
  ] satisfies [string, Fault, object][])('%s', async (_, fault, error) => {
    const simulator = await simulate();
    simulator.fault(fault);
    const client = clientFor(simulator, {}, once);
    const outcome = await record(client.stream(ask('What is 7+7?', both))).end;
    expect(outcome.error).toMatchObject({ ...error, model: MODEL, attempts: 1 });
    expect(sentTo(simulator, OTHER)).toBe(0);
  });

  test('to a model that is not configured: it says so at once', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const { error } = record(client.stream(ask('What is 7+7?', { fallbacks: [OTHER, 'openai/gpt-oss-12b'] })));
    expect(error).toMatchObject({ kind: 'request_invalid', field: 'fallbacks[1]', attempts: 0 });
    expect((error as Error).message).toMatch(
      /^fallbacks\[1\]: "openai\/gpt-oss-12b" is not configured.*Configured are/,
    );
    expect(simulator.stats().requests).toBe(0);
  });

  test('by itself to one that it names twice', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 503, times: 9 });
    const client = clientFor(simulator, {}, once);
    const { error } = await record(client.stream(ask('What is 7+7?', { fallbacks: [MODEL, OTHER, OTHER] }))).end;
    expect(error).toMatchObject({ kind: 'api', model: OTHER, attempts: 2 });
  });
});

test('streamEach emits a request once, whichever model answers it', async () => {
  const simulator = await simulate();
  simulator.fault({ kind: 'status', status: 503, model: MODEL, times: 2 });
  const client = clientFor(simulator, {}, once);
  const models = from([1, 2, 3].map(n => ask(`What is ${n}+1?`, both))).pipe(
    client.streamEach(),
    mergeMap(chunks => chunks.pipe(toArray())),
    map(chunks => chunks[0]!.model),
    toArray(),
  );
  expect((await lastValueFrom(models)).sort()).toEqual([OTHER, OTHER, MODEL]);
});

test.each([
  ['after a failure', { kind: 'status', status: 503 }, {}],
  ['in line', undefined, { windows: [{ limit: 0, per: '1m' }] }],
] as const)(
  'whoever unsubscribes when told of a fallback %s sends nothing, and no place stays taken',
  async (_, fault, entry) => {
    const simulator = await simulate();
    if (fault) simulator.fault(fault);
    const config = configFor(simulator);
    const client = closing(
      createChatClient({ ...config, [MODEL]: { ...config[MODEL], ...entry } }, { ...once, fallbackAfter: 10 }),
    );
    const events = eventsOf(client);
    const subscription = new Subscription();
    client.events$.subscribe(({ type }) => type === 'fallback' && subscription.unsubscribe());
    subscription.add(client.stream(ask('What is 7+7?', both)).subscribe());
    await expect.poll(() => events.at(-1)?.type).toBe('cancelled');
    for (const model of [MODEL, OTHER]) expect(client.limits(model)).toMatchObject({ queued: 0, inFlight: 0 });
    expect(await firstValueFrom(client.status$)).toMatchObject({ queued: 0, inFlight: 0, done: 1 });
    expect(sentTo(simulator, OTHER)).toBe(0);
    expect(events.filter(({ type }) => type === 'cancelled')).toHaveLength(1);
  },
);

describe('a storm of 503', () => {
  const storm = { kind: 'status', status: 503, model: MODEL, times: 1000 } as const;
  const questions = Array.from({ length: 40 }, (_, n) => `What is ${n}+1?`);
  const options: ChatClientOptions = { retry: AT_ONCE, breaker: { failures: 3, coolDown: 60_000 } };

  test('with fallbacks, all are answered, and the server that is down is left alone', async () => {
    const simulator = await simulate();
    simulator.fault(storm);
    const client = clientFor(simulator, { max_concurrent: 2 }, { ...options, fallbackAfter: 1000 });
    const events = eventsOf(client);
    const results = from(questions.map(question => ask(question, both))).pipe(client.completeEach(), toArray());
    const models = (await lastValueFrom(results)).map(result => result.ok && result.model);
    expect(models).toEqual(questions.map(() => OTHER));
    expect(sentTo(simulator, MODEL)).toBeLessThanOrEqual(4); // 3, and one that was under way
    expect(events.filter(({ type }) => type === 'circuit')).toMatchObject([{ pool: MODEL, circuit: 'open' }]);
    expect([client.limits(MODEL), client.limits(OTHER)]).toMatchObject([{ circuit: 'open' }, { circuit: 'closed' }]);
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  });

  test('without, they wait for its end, and none fails', async () => {
    const simulator = await simulate();
    simulator.fault({ ...storm, times: 5 });
    const breaker = { failures: 3, coolDown: 10 };
    const client = clientFor(simulator, { max_concurrent: 4 }, { ...options, breaker });
    const circuits: string[] = [];
    client.events$.subscribe(event => event.type === 'circuit' && circuits.push(event.circuit));
    const results = from(questions.map(question => ask(question))).pipe(client.completeEach(), toArray());
    expect((await lastValueFrom(results)).filter(({ ok }) => !ok)).toEqual([]);
    expect(simulator.stats().requests).toBe(45);
    expect([circuits[0], circuits.at(-1)]).toEqual(['open', 'closed']);
    expect(client.limits(MODEL).circuit).toBe('closed');
  });
});

test.each([
  [{ fallbackAfter: -1 }, /fallbackAfter: expected a number of at least 0, got -1/],
  [{ fallbackAfter: Number.NaN }, /fallbackAfter.*got NaN/],
  [{ breaker: { failures: 0 } }, /breaker\.failures: expected an integer of at least 1, got 0/],
  [{ breaker: { failures: 1.5 } }, /breaker\.failures.*got 1\.5/],
  [{ breaker: { coolDown: 0 } }, /breaker\.coolDown: expected ms above 0, got 0/],
  [{ breaker: { coolDown: Number.POSITIVE_INFINITY } }, /breaker\.coolDown.*got Infinity/],
] satisfies [ChatClientOptions, RegExp][])('%o is a mistake that is found at once', (options, message) => {
  expect(() => createChatClient({}, options)).toThrow(TypeError);
  expect(() => createChatClient({}, options)).toThrow(message);
});

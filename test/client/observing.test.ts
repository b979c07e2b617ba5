import type { ChatEvent, ClientStatus, ModelLimits } from 'rx-groq';
import type { Fault } from 'rx-groq/simulator';
import { fakeChatClient } from 'rx-groq/testing';
import {
  firstValueFrom,
  from,
  lastValueFrom,
  Subject,
  type Subscription,
  switchMap,
  toArray,
  VirtualTimeScheduler,
} from 'rxjs';
import { describe, expect, test } from 'vitest';
import { AT_ONCE, ask, clientFor, eventsOf, MODEL, OTHER, record, simulate } from './harness.js';

const ends = new Set<ChatEvent['type']>(['completed', 'failed', 'cancelled']);

function byRequest(events: readonly ChatEvent[]): Map<string, ChatEvent[]> {
  const lives = new Map<string, ChatEvent[]>();
  for (const event of events) lives.set(event.id, [...(lives.get(event.id) ?? []), event]);
  return lives;
}

describe('events$', () => {
  test('tells the life of a request in order, with the request itself', async () => {
    const client = clientFor(await simulate({ delayBefore: [5, 5] }));
    const events = eventsOf(client);
    const request = ask('What is 7+7?', { context: { mine: true } });
    await lastValueFrom(client.stream(request));
    expect(events.map(({ type }) => type)).toEqual(['queued', 'admitted', 'sent', 'head', 'first_token', 'completed']);
    for (const event of events) expect(event.request).toBe(request);
    expect(new Set(events.map(({ id }) => id)).size).toBe(1);
    const times = events.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(events.at(-1)).toMatchObject({
      usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
      timing: { attempts: 1, firstTokenMs: expect.any(Number) },
    });
  });

  test('is hot: it tells nothing of before', async () => {
    const client = clientFor(await simulate());
    await lastValueFrom(client.stream(ask()));
    const events = eventsOf(client);
    expect(events).toEqual([]);
  });

  test('has one `queued` and one end for each request, whatever becomes of it', async () => {
    const simulator = await simulate({ tokensPerSecond: 300 });
    simulator.fault([
      { kind: 'status', status: 429, retryAfterMs: 5, times: 2 },
      { kind: 'status', status: 503, times: 3 },
      { kind: 'status', status: 400 },
      { kind: 'reset-mid-stream' },
    ]);
    const client = clientFor(simulator, { max_concurrent: 3 }, { retry: AT_ONCE });
    const events = eventsOf(client);
    const streams = Array.from({ length: 12 }, (_, index) =>
      record(client.stream(ask(`question ${index}`)), (_, { values, subscription }) => {
        if (index === 4 && values.length === 2) subscription.unsubscribe();
      }),
    );
    streams[9]!.subscription.unsubscribe();
    const invalid = record(client.stream(ask('x', { priority: 11 })));
    await Promise.all(streams.filter((_, index) => index !== 4 && index !== 9).map(({ end }) => end));
    await simulator.until(({ open }) => open === 0);
    expect(invalid.error).toMatchObject({ kind: 'request_invalid' });
    const lives = byRequest(events);
    expect(lives.size).toBe(13);
    for (const life of lives.values()) {
      const types = life.map(({ type }) => type);
      expect(types.filter(type => type === 'queued')).toHaveLength(1);
      expect(types[0]).toBe('queued');
      expect(types.filter(type => ends.has(type))).toHaveLength(1);
      expect(ends.has(types.at(-1)!)).toBe(true);
    }
  });
});

describe('who unsubscribes as it hears of it', () => {
  const faults: Partial<Record<ChatEvent['type'], Fault>> = {
    refused: { kind: 'status', status: 429, retryAfterMs: 5 },
    retrying: { kind: 'status', status: 503 },
    fallback: { kind: 'status', status: 503, times: 4 },
  };
  const types = ['queued', 'admitted', 'sent', 'head', 'first_token', 'refused', 'retrying', 'fallback'] as const;
  test.each(types)('%s', async type => {
    const simulator = await simulate();
    const fault = faults[type];
    if (fault) simulator.fault(fault);
    const client = clientFor(simulator, { max_concurrent: 1 }, { retry: AT_ONCE });
    const events = eventsOf(client);
    let run: Subscription | undefined;
    client.events$.subscribe(event => {
      if (event.type === type) run!.unsubscribe();
    });
    const values: unknown[] = [];
    // From outside, so that there is a subscription when the first event comes.
    const start$ = new Subject<void>();
    run = start$
      .pipe(switchMap(() => client.stream(ask('What is 7+7?', { fallbacks: [OTHER] }))))
      .subscribe({ next: value => values.push(value), error: error => values.push(error) });
    start$.next();
    await expect.poll(() => events.filter(({ type }) => ends.has(type)), { interval: 5 }).toHaveLength(1);
    expect(events.at(-1)!.type).toBe('cancelled');
    expect(values.filter(value => value instanceof Error)).toEqual([]);
    expect(await firstValueFrom(client.status$)).toMatchObject({ queued: 0, inFlight: 0, done: 1 });
    // The next one finds the line and its one place free.
    await lastValueFrom(client.stream(ask('What is 7+7?')));
    expect(await firstValueFrom(client.status$)).toMatchObject({ queued: 0, inFlight: 0, done: 2 });
    await simulator.until(({ open }) => open === 0);
  });
});

describe('status$', () => {
  test('counts queued, in flight and done per model and priority, and replays the newest', async () => {
    const simulator = await simulate({ tokensPerSecond: 100 });
    const client = clientFor(simulator, { max_concurrent: 1, pool: 'all' });
    expect(await firstValueFrom(client.status$)).toEqual({ queued: 0, inFlight: 0, done: 0, models: {} });
    const seen: ClientStatus[] = [];
    client.status$.subscribe(status => seen.push(status));
    const one = record(client.stream(ask('a', { priority: 1 })));
    const two = record(client.stream(ask('b', { priority: 9 })));
    const three = record(client.stream(ask('c', { model: OTHER })));
    expect(seen.at(-1)).toEqual({
      queued: 2,
      inFlight: 1,
      done: 0,
      models: {
        [MODEL]: {
          queued: 1,
          inFlight: 1,
          done: 0,
          priorities: { 1: { queued: 0, inFlight: 1, done: 0 }, 9: { queued: 1, inFlight: 0, done: 0 } },
        },
        [OTHER]: { queued: 1, inFlight: 0, done: 0, priorities: { 5: { queued: 1, inFlight: 0, done: 0 } } },
      },
    });
    two.subscription.unsubscribe();
    await Promise.all([one.end, three.end]);
    expect(seen.at(-1)).toMatchObject({ queued: 0, inFlight: 0, done: 3 });
    expect(await firstValueFrom(client.status$)).toEqual(seen.at(-1));
    for (const { queued, inFlight, done } of seen) expect(queued + inFlight + done).toBeLessThanOrEqual(3);
  });
});

describe('limits and limits$', () => {
  const config = {
    req_per_minute: 30,
    req_per_day: 1000,
    token_per_minute: 6000,
    token_per_day: 500_000,
    windows: [{ limit: 5, per: '1s', unit: 'requests' as const }],
  };
  const tokens = { tokenCounter: () => 20 };

  test('of a bucket of which nothing is used say 0, not -0', () => {
    const entry = { base_url: 'http://fake.invalid/v1', api_key: 'fake', dialect: 'groq' as const, req_per_minute: 30 };
    const client = fakeChatClient({ answer: () => [], config: { [MODEL]: entry } });
    const { minute_used, windows } = client.limits(MODEL);
    expect([minute_used, windows.map(({ kind, used }) => [kind, used])]).toEqual([0, [['bucket', 0]]]);
  });

  test("answer the guide's four fields and every window", async () => {
    const scheduler = new VirtualTimeScheduler(); // so that no bucket refills meanwhile
    const client = clientFor(await simulate(), config, { ...tokens, scheduler });
    await lastValueFrom(client.complete(ask()));
    await lastValueFrom(client.complete(ask()));
    const limits = client.limits(MODEL);
    expect(limits).toMatchObject({ minute_limit: 30, day_limit: 1000, queued: 0, inFlight: 0 });
    expect([limits.minute_used, limits.day_used]).toEqual([2, 2]);
    expect(limits.windows.map(({ unit, per, limit, kind }) => `${limit} ${unit} in ${per}, ${kind}`).sort()).toEqual([
      '1000 requests in 86400000, bucket',
      '30 requests in 60000, bucket',
      '5 requests in 1000, sliding',
      '500000 tokens in 86400000, bucket',
      '6000 tokens in 60000, bucket',
    ]);
    for (const { used, available, limit } of limits.windows) expect(used + available).toBeCloseTo(limit, 6);
    expect(limits.windows.find(({ unit, per }) => unit === 'tokens' && per === 60_000)?.used).toBeGreaterThan(100);
  });

  test('Infinity where unlimited', async () => {
    const client = clientFor(await simulate());
    expect(client.limits(MODEL)).toMatchObject({ minute_used: 0, minute_limit: Infinity, day_limit: Infinity });
  });

  test('limits$ replays the newest synchronously, then every change', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: [{ limit: 1, per: '1h' }] });
    const seen: ModelLimits[] = [];
    client.limits$(MODEL).subscribe(limits => seen.push(limits));
    expect(seen).toHaveLength(1);
    const first = record(client.complete(ask()));
    const waiting = record(client.complete(ask()));
    expect(seen.at(-1)).toMatchObject({ queued: 1, inFlight: 1, windows: [{ used: 1, available: 0 }] });
    await first.end;
    expect(seen.at(-1)).toMatchObject({ queued: 1, inFlight: 0 });
    expect(seen.at(-1)?.nextAdmissionMs).toBeGreaterThan(3_000_000);
    waiting.subscription.unsubscribe();
    expect(seen.at(-1)).toMatchObject({ queued: 0, inFlight: 0, nextAdmissionMs: null });
    expect(await firstValueFrom(client.limits$(MODEL))).toEqual(seen.at(-1));
  });

  test('an unknown model is named, with the nearest', async () => {
    const client = clientFor(await simulate());
    const expected = expect.objectContaining({ kind: 'request_invalid', message: expect.stringContaining(MODEL) });
    expect(() => client.limits('gpt-oss-20')).toThrow(expected);
    expect(() => client.limits$('gpt-oss-20')).toThrow(expected);
  });
});

describe('models and countTokens', () => {
  test('the configured names', async () => {
    const client = clientFor(await simulate());
    expect(client.models()).toEqual([MODEL, OTHER]);
  });

  test('tokens as the server counts them', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const request = ask('How many tokens does this sentence have, the template included?');
    const tokens = await firstValueFrom(client.countTokens(request));
    const { usage } = await firstValueFrom(client.complete(request));
    expect(tokens).toBeGreaterThanOrEqual(usage!.prompt_tokens);
    expect(tokens).toBeLessThan(usage!.prompt_tokens + 10);
  });

  test('by the counter that was given, and an error of it is the request’s', async () => {
    const simulator = await simulate();
    const broken = () => {
      throw new Error('counter');
    };
    const client = clientFor(simulator, { token_per_minute: 6000 }, { tokenCounter: broken });
    const { error } = await record(client.complete(ask())).end;
    expect((error as Error).cause).toEqual(new Error('counter'));
    const results = await lastValueFrom(from([ask(), ask()]).pipe(client.completeEach(), toArray()));
    expect(results.map(({ ok }) => ok)).toEqual([false, false]);
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
    expect(simulator.stats().requests).toBe(0);
  });

  test('of an unknown model: an error that lists the configured ones', async () => {
    const client = clientFor(await simulate());
    const { error } = await record(client.countTokens(ask('x', { model: 'nobody' }))).end;
    expect(error).toMatchObject({ kind: 'request_invalid', field: 'model' });
  });
});

test('close() with nothing to wait for ends in the same turn, and what replays its newest does so afterwards, too', () => {
  const config = { [MODEL]: { base_url: 'http://fake.invalid/v1', windows: [{ limit: 3, per: '1m' }] } };
  const client = fakeChatClient({ config, answer: () => from(['x']) });
  expect(record(client.close()).log).toEqual(['next', 'complete']);
  for (const newest$ of [client.config$, client.status$, client.limits$(MODEL)]) {
    expect(record<unknown>(newest$).log).toEqual(['next', 'complete']);
  }
  expect(record(client.events$).log).toEqual(['complete']);
});

import type { ChatClient, ChatEvent } from 'rx-groq';
import type { Simulator } from 'rx-groq/simulator';
import { first, NEVER, Subscription, take } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ask, clientFor, eventsOf, MODEL, record, simulate } from '../client/harness.js';

/*
 * Unsubscribing at any moment frees the request's place, timer and socket in the same turn, and gives back what was not used.
 */

const slow = { tokensPerSecond: 20, answer: () => 'word '.repeat(500) };
const long = ask('a long one', { max_completion_tokens: 500 });

const counts = (client: ChatClient) => {
  const { queued, inFlight, windows } = client.limits(MODEL);
  return { queued, inFlight, used: windows.map(({ used }) => used) };
};

const typesOf = (events: ChatEvent[]) => events.map(({ type }) => type);

/** Resolves with the next event of this type. */
const event = (client: ChatClient, type: ChatEvent['type']) =>
  new Promise<ChatEvent>(resolve => client.events$.pipe(first(event => event.type === type)).subscribe(resolve));

/** The server has seen the socket close, and nobody asks it anything any more. */
const noticed = (simulator: Simulator) => simulator.until(({ aborted, open }) => aborted === 1 && open === 0);

test('in line: out of it in the same turn, and the server never hears of it', async () => {
  const simulator = await simulate(slow);
  const client = clientFor(simulator, { windows: [{ limit: 1, per: '1h' }] });
  const events = eventsOf(client);
  const going = record(client.stream(long));
  const waiting = [0, 1, 2].map(() => record(client.stream(ask())));
  expect(counts(client)).toEqual({ queued: 3, inFlight: 1, used: [1] });
  waiting[1]!.subscription.unsubscribe();
  expect(counts(client)).toEqual({ queued: 2, inFlight: 1, used: [1] });
  expect(events.at(-1)).toMatchObject({ type: 'cancelled', chunks: 0, timing: { attempts: 0, firstTokenMs: null } });
  for (const { subscription } of waiting) subscription.unsubscribe();
  expect(counts(client)).toEqual({ queued: 0, inFlight: 1, used: [1] });
  await simulator.until(({ streams }) => streams === 1);
  going.subscription.unsubscribe();
  await noticed(simulator);
  expect(simulator.stats().requests).toBe(1);
});

test('in line by its queueTimeout: it fails, and the server never hears of it', async () => {
  const simulator = await simulate();
  const client = clientFor(simulator, { windows: [{ limit: 0, per: '1h' }] });
  const { error } = await record(client.stream(ask('x', { queueTimeout: 50 }))).end;
  expect(error).toMatchObject({ kind: 'queue_timeout', waitedMs: 50, attempts: 0 });
  expect((error as Error).message).toMatch(/Raise queueTimeout, or its priority/);
  expect(counts(client)).toEqual({ queued: 0, inFlight: 0, used: [0] });
  expect(simulator.stats().requests).toBe(0);
});

describe.each(['stream', 'complete'] as const)('in %s', method => {
  test('in the turn in which it is sent', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator, { windows: [{ limit: 5, per: '1h' }] });
    const { subscription } = record<unknown>(client[method](long));
    expect(client.limits(MODEL).inFlight).toBe(1);
    subscription.unsubscribe();
    expect(client.limits(MODEL).inFlight).toBe(0);
    await simulator.until(({ connections, open }) => connections === 0 && open === 0);
  });

  test('before the head', async () => {
    const simulator = await simulate(slow);
    simulator.fault({ kind: 'slow-head', ms: 60_000 });
    const client = clientFor(simulator, { windows: [{ limit: 5, per: '1h' }] });
    const { subscription, log } = record<unknown>(client[method](long));
    await simulator.until(({ admitted }) => admitted === 1);
    expect(log).toEqual([]);
    subscription.unsubscribe();
    expect(counts(client)).toMatchObject({ queued: 0, inFlight: 0 });
    await noticed(simulator);
  });

  test('in mid-stream', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator, { windows: [{ limit: 5, per: '1h' }] });
    const events = eventsOf(client);
    const { subscription, log } = record<unknown>(client[method](long));
    await event(client, 'first_token');
    const before = [...log];
    subscription.unsubscribe();
    expect(counts(client)).toEqual({ queued: 0, inFlight: 0, used: [1] });
    expect(typesOf(events)).toEqual(['queued', 'admitted', 'sent', 'head', 'first_token', 'cancelled']);
    await noticed(simulator);
    expect(log).toEqual(before);
  });

  test('while it waits for a retry', async () => {
    const simulator = await simulate(slow);
    simulator.fault({ kind: 'status', status: 503 });
    const retry = { baseDelay: 60_000, random: () => 0.9 };
    const client = clientFor(simulator, { windows: [{ limit: 5, per: '1h' }] }, { retry });
    const events = eventsOf(client);
    const { subscription } = record<unknown>(client[method](long));
    await event(client, 'retrying');
    subscription.unsubscribe();
    expect(counts(client)).toEqual({ queued: 0, inFlight: 0, used: [1] });
    expect(typesOf(events).at(-1)).toBe('cancelled');
    expect(simulator.stats().requests).toBe(1);
  });

  test('while it waits after a refusal', async () => {
    const simulator = await simulate(slow);
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 90_000 });
    const client = clientFor(simulator, { windows: [{ limit: 5, per: '1h' }] });
    const { subscription } = record<unknown>(client[method](long));
    await event(client, 'refused');
    subscription.unsubscribe();
    expect(counts(client)).toEqual({ queued: 0, inFlight: 0, used: [0] });
    expect(simulator.stats().requests).toBe(1);
  });
});

test('while it connects', async () => {
  // TEST-NET-1 (RFC 5737): nobody answers there, or the network says at once that it is not reachable.
  const client = clientFor({ url: 'http://192.0.2.1/v1' }, {}, { retry: { maxRetries: 0 } });
  const { subscription, log } = record(client.stream(ask()));
  expect(client.limits(MODEL).inFlight).toBe(1);
  subscription.unsubscribe();
  expect(client.limits(MODEL).inFlight).toBe(0);
  expect(log).toEqual([]);
});

test.each([
  { name: 'take(1)', operator: take<never>(1) },
  { name: 'first()', operator: first<never>() },
])('from inside its own next: $name', async ({ operator }) => {
  const simulator = await simulate(slow);
  const client = clientFor(simulator, { windows: [{ limit: 5, per: '1h' }] });
  const events = eventsOf(client);
  const { log } = await record(client.stream(long).pipe(operator as never)).end;
  expect(log).toEqual(['next', 'complete']);
  expect(client.limits(MODEL).inFlight).toBe(0);
  expect(events.at(-1)).toMatchObject({ type: 'cancelled', chunks: 1 });
  await noticed(simulator);
});

test('from inside an event of its own, whatever the event', async () => {
  for (const type of ['queued', 'admitted', 'sent', 'head', 'first_token'] as const) {
    const simulator = await simulate(slow);
    const client = clientFor(simulator, { windows: [{ limit: 5, per: '1h' }] });
    const events = eventsOf(client);
    const subscription = new Subscription();
    client.events$.subscribe(event => event.type === type && subscription.unsubscribe());
    const seen: string[] = [];
    subscription.add(client.stream(long).subscribe({ next: () => seen.push('next'), error: () => seen.push('error') }));
    await simulator.until(({ open, connections }) => open === 0 && connections === 0);
    await expect.poll(() => typesOf(events).at(-1), { interval: 5 }).toBe('cancelled');
    expect(typesOf(events).filter(type => type === 'cancelled')).toHaveLength(1);
    expect(counts(client), type).toMatchObject({ queued: 0, inFlight: 0 });
    expect(seen.filter(what => what === 'error')).toEqual([]);
  }
});

test('a cancelled one makes room for the next in the same turn', async () => {
  const simulator = await simulate(slow);
  const client = clientFor(simulator, { max_concurrent: 1 });
  const one = record(client.stream(long));
  const two = record(client.stream(long));
  await event(client, 'first_token');
  expect(counts(client)).toMatchObject({ queued: 1, inFlight: 1 });
  const events = eventsOf(client);
  one.subscription.unsubscribe();
  expect(counts(client)).toMatchObject({ queued: 0, inFlight: 1 });
  expect(typesOf(events).sort()).toEqual(['admitted', 'cancelled', 'sent']);
  two.subscription.unsubscribe();
});

test('hundreds, each at a random instant: nothing is left', async () => {
  const simulator = await simulate({ tokensPerSecond: 400, delayBefore: [0, 10], delayAfter: [0, 10] });
  const client = clientFor(simulator, { windows: [{ limit: 100, per: 500 }], max_concurrent: 40 });
  const runs = Array.from({ length: 300 }, (_, index) => {
    const run = record(client.stream(ask(`question ${index}`)));
    const instant = (index * 7919) % 400;
    return index % 4 === 0
      ? run.end
      : new Promise(resolve => {
          setTimeout(() => resolve(run.subscription.unsubscribe()), instant);
        });
  });
  await Promise.all(runs);
  expect(counts(client)).toMatchObject({ queued: 0, inFlight: 0 });
  await simulator.until(({ open, streams }) => open === 0 && streams === 0);
  expect(simulator.stats().refused).toBe(0);
});

test('an outer that never ends is no reason to keep anything', async () => {
  const simulator = await simulate(slow);
  const client = clientFor(simulator);
  const { subscription } = record(NEVER.pipe(client.completeEach()));
  subscription.unsubscribe();
  expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
});

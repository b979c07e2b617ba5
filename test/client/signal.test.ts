import { getEventListeners } from 'node:events';
import type { ChatClient, ChatEvent } from 'rx-groq';
import { createChatClient } from 'rx-groq';
import { BehaviorSubject, EMPTY, first, NEVER } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AT_ONCE, ask, clientFor, closing, eventsOf, MODEL, record, simulate } from './harness.js';

const slow = { tokensPerSecond: 20, answer: () => 'word '.repeat(500) };

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const typesOf = (events: ChatEvent[]) => events.map(({ type }) => type);
const event = (client: ChatClient, type: ChatEvent['type']) =>
  new Promise<ChatEvent>(resolve => client.events$.pipe(first(event => event.type === type)).subscribe(resolve));

/** A long request with a signal, and how to abort it. */
function abortable() {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('enough');
  return {
    signal,
    reason,
    abort: () => controller.abort(reason),
    request: ask('long', { signal, max_completion_tokens: 500 }),
  };
}

describe.each(['stream', 'complete'] as const)('aborting a request of %s', method => {
  test('in line: it is out in the same turn, and the server never hears of it', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: [{ limit: 0, per: '1h' }] });
    const events = eventsOf(client);
    const { request, signal, abort, reason } = abortable();
    const run = record<unknown>(client[method](request));
    expect([client.limits(MODEL).queued, listeners(signal)]).toEqual([1, 1]);
    abort();
    expect([client.limits(MODEL).queued, listeners(signal)]).toEqual([0, 0]);
    expect(run.log).toEqual(['error']);
    expect(run.error).toMatchObject({ kind: 'abort', name: 'AbortError', model: MODEL, attempts: 0, retryable: false });
    expect((run.error as Error).cause).toBe(reason);
    expect(typesOf(events)).toEqual(['queued', 'cancelled']);
    expect(simulator.stats().requests).toBe(0);
  });

  test('before the head', async () => {
    const simulator = await simulate(slow);
    simulator.fault({ kind: 'slow-head', ms: 60_000 });
    const client = clientFor(simulator);
    const { request, signal, abort } = abortable();
    const run = record<unknown>(client[method](request));
    await simulator.until(({ admitted }) => admitted === 1);
    abort();
    expect([client.limits(MODEL).inFlight, listeners(signal)]).toEqual([0, 0]);
    expect(run.error).toMatchObject({ kind: 'abort', attempts: 1 });
    await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
  });

  test('in mid-stream: the socket is closed, and nothing more is emitted', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator);
    const events = eventsOf(client);
    const { request, signal, abort } = abortable();
    const run = record<unknown>(client[method](request));
    await event(client, 'first_token');
    abort();
    expect([client.limits(MODEL).inFlight, listeners(signal)]).toEqual([0, 0]);
    const log = [...run.log];
    expect(log.at(-1)).toBe('error');
    expect(typesOf(events)).toEqual(['queued', 'admitted', 'sent', 'head', 'first_token', 'cancelled']);
    await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
    expect(run.log).toEqual(log);
  });

  test('while it waits for a retry', async () => {
    const simulator = await simulate(slow);
    simulator.fault({ kind: 'status', status: 503 });
    const client = clientFor(simulator, {}, { retry: { baseDelay: 60_000, random: () => 0.9 } });
    const { request, signal, abort } = abortable();
    const run = record<unknown>(client[method](request));
    await event(client, 'retrying');
    abort();
    expect([client.limits(MODEL).queued, listeners(signal)]).toEqual([0, 0]);
    expect(run.error).toMatchObject({ kind: 'abort', attempts: 1 });
    expect(simulator.stats().requests).toBe(1);
  });
});

test('one that is aborted already is not sent', async () => {
  const simulator = await simulate();
  const client = clientFor(simulator);
  const signal = AbortSignal.abort('before');
  const run = record(client.stream(ask('x', { signal })));
  expect(run.error).toMatchObject({ kind: 'abort', cause: 'before', attempts: 0 });
  expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  expect(listeners(signal)).toBe(0);
  expect(simulator.stats().requests).toBe(0);
});

test('while the configuration is not there yet', () => {
  const client = closing(createChatClient(NEVER));
  const { request, signal, abort } = abortable();
  const run = record(client.stream(request));
  expect(listeners(signal)).toBe(1);
  abort();
  expect(run.error).toMatchObject({ kind: 'abort' });
  expect(listeners(signal)).toBe(0);
});

test('from inside its own next: that chunk is the last', async () => {
  const client = clientFor(await simulate(slow));
  const { request, signal, abort } = abortable();
  const run = await record(client.stream(request), abort).end;
  expect(run.log).toEqual(['next', 'error']);
  expect(listeners(signal)).toBe(0);
});

describe('no listener is left', () => {
  test.each(['completed', 'failed', 'cancelled', 'closed'] as const)('behind one that is %s', async how => {
    const simulator = await simulate(how === 'completed' || how === 'failed' ? {} : slow);
    const client = clientFor(simulator, {}, { retry: { maxRetries: 1, ...AT_ONCE } });
    if (how === 'failed') simulator.fault({ kind: 'status', status: 503, times: 9 });
    const { request, signal } = abortable();
    const run = record(client.stream(request));
    expect(listeners(signal)).toBe(1);
    if (how === 'cancelled') run.subscription.unsubscribe();
    else if (how === 'closed') client.close();
    else await run.end;
    expect(listeners(signal)).toBe(0);
  });

  test('behind one that is unsubscribed by whoever hears that it is queued', async () => {
    const client = clientFor(await simulate());
    const { request, signal } = abortable();
    const stop$ = new BehaviorSubject(0);
    client.events$.subscribe(({ type }) => type === 'queued' && stop$.complete());
    const { subscription } = record(EMPTY);
    subscription.add(stop$.subscribe({ complete: () => subscription.unsubscribe() }));
    subscription.add(client.stream(request).subscribe());
    expect(listeners(signal)).toBe(0);
  });
});

test('one signal stops hundreds, and no others', async () => {
  const simulator = await simulate(slow);
  const client = clientFor(simulator, { max_concurrent: 20 });
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  const { request, signal, abort } = abortable();
  const runs = Array.from({ length: 300 }, () => record(client.stream(request)));
  const other = record(client.stream(ask()));
  await event(client, 'first_token');
  abort();
  expect(runs.every(({ error }) => (error as { kind?: string }).kind === 'abort')).toBe(true);
  expect(listeners(signal)).toBe(0);
  expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 1 });
  other.subscription.unsubscribe();
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});

test('in completeEach the aborted one is a result, and the others go on', async () => {
  const client = clientFor(await simulate(), { max_concurrent: 1 });
  const { request, abort } = abortable();
  const { values } = await record(
    client.completeMap((value: number) => (value === 1 ? request : ask()))(new BehaviorSubject(0).pipe(first())),
  ).end;
  expect(values).toMatchObject([{ ok: true }]);
  abort();
  const after = await record(client.completeMap(() => request)(new BehaviorSubject(1).pipe(first()))).end;
  expect(after.values).toMatchObject([{ ok: false, error: { kind: 'abort' } }]);
});

test('it stops the corrections of parse too', async () => {
  const simulator = await simulate({ answer: () => '{"x":"no number"}' });
  const client = clientFor(simulator);
  const { request, abort, signal } = abortable();
  client.events$.pipe(first(({ type }) => type === 'completed')).subscribe(abort);
  const { error } = await record(client.parse(request, z.object({ x: z.number() }), { reask: 5 })).end;
  expect(error).toMatchObject({ kind: 'abort' });
  expect(listeners(signal)).toBe(0);
  expect(simulator.stats().requests).toBe(1);
});

test('it is not sent', async () => {
  const bodies: object[] = [];
  const client = clientFor(await simulate({ answer: body => void bodies.push(body) }));
  await record(client.stream(ask('x', { signal: new AbortController().signal }))).end;
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).not.toHaveProperty('signal');
});

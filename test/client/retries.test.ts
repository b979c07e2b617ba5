import { type ChatEvent, type ChatFailure, createChatClient, retryTransient, toText } from 'rx-groq';
import type { Fault } from 'rx-groq/simulator';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { AT_ONCE, ask, clientFor, eventsOf, MODEL, record, simulate } from './harness.js';

const ofType = <T extends ChatEvent['type']>(events: ChatEvent[], type: T) =>
  events.filter((event): event is Extract<ChatEvent, { type: T }> => event.type === type);

/** The first event of this type; it may have come already. */
const next = <T extends ChatEvent['type']>(events: ChatEvent[], type: T) =>
  expect.poll(() => ofType(events, type), { interval: 5 }).not.toHaveLength(0);

describe('a fault of the moment is tried again', () => {
  const faults: readonly Fault[] = [
    ...[408, 409, 498, 500, 502, 503, 529].map(status => ({ kind: 'status', status }) as const),
    { kind: 'reset-before-head' },
    { kind: 'stream-error', after: 0 },
    { kind: 'html' },
  ];
  test.each(faults.map(fault => ({ fault, name: Object.values(fault).join(' ') })))('$name', async ({ fault }) => {
    const simulator = await simulate();
    simulator.fault({ ...fault, times: 3 });
    const client = clientFor(simulator, {}, { retry: AT_ONCE });
    const events = eventsOf(client);
    expect(await lastValueFrom(client.stream(ask()).pipe(toText()))).toMatch(/^14\b/);
    expect(simulator.stats().requests).toBe(4);
    expect(ofType(events, 'retrying')).toHaveLength(3);
    expect(ofType(events, 'sent').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(ofType(events, 'completed')[0]?.timing.attempts).toBe(4);
  });

  test('three times at most, then its error says how often', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 503, times: 100 });
    const { error } = await record(clientFor(simulator, {}, { retry: AT_ONCE }).stream(ask())).end;
    expect(error).toMatchObject({ kind: 'api', status: 503, attempts: 4 });
    expect(simulator.stats().faults).toBe(4);
  });

  test('never with maxRetries 0', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 503 });
    const { error } = await record(clientFor(simulator, {}, { retry: { maxRetries: 0 } }).stream(ask())).end;
    expect(error).toMatchObject({ kind: 'api', status: 503, attempts: 1 });
  });

  test('after a wait with full jitter, which doubles up to maxDelay', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 500, times: 5 });
    const client = clientFor(
      simulator,
      {},
      { retry: { maxRetries: 5, baseDelay: 8, maxDelay: 40, random: () => 0.5 } },
    );
    const events = eventsOf(client);
    await firstValueFrom(client.complete(ask()));
    expect(ofType(events, 'retrying').map(({ waitMs }) => waitMs)).toEqual([4, 8, 16, 20, 20]);
  });

  test('the next attempt waits for its turn in line again', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 500 });
    const windows = [{ limit: 1, per: 300 }];
    const client = clientFor(simulator, { windows }, { retry: AT_ONCE });
    await firstValueFrom(client.complete(ask()));
    const [first, second] = simulator.requests();
    expect(second!.arrival - first!.arrival).toBeGreaterThanOrEqual(295);
  });
});

describe('the budget for retries', () => {
  test('of sixty requests to a server that is down no more than thirty are sent again; the others say why not', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 503, times: 1000 });
    const client = clientFor(simulator, {}, { retry: { ...AT_ONCE, maxRetries: 1 } });
    const ended = await Promise.all(Array.from({ length: 60 }, () => record(client.complete(ask())).end));
    expect(simulator.stats().requests).toBe(90);
    const unretried = ended.filter(({ error }) => (error as ChatFailure).attempts === 1);
    expect(unretried).toHaveLength(30);
    for (const { error } of unretried)
      expect((error as Error).message).toMatch(
        /not sent again: the budget for retries \(retry\.budget\) is used up\.$/,
      );
  });

  test.each([
    [{ ratio: -1 }, /retry\.budget\.ratio: expected a number of at least 0, got -1/],
    [{ floor: Number.NaN }, /retry\.budget\.floor: expected a number of at least 0, got NaN/],
  ])('%o is refused', (budget, message) => {
    expect(() => createChatClient({}, { retry: { budget } })).toThrow(message);
    expect(() => retryTransient({ budget })).toThrow(message);
  });
});

describe('where there is no flex capacity (498)', () => {
  const noFlex = (): Fault => ({
    kind: 'status',
    status: 498,
    times: 100,
    match: ({ service_tier }) => service_tier === 'flex',
  });

  test('onFlexFull on_demand sends it on demand at once', async () => {
    const simulator = await simulate();
    simulator.fault(noFlex());
    const client = clientFor(simulator, {}, { retry: { maxRetries: 0 }, onFlexFull: 'on_demand' });
    const request = ask('What is 7+7?', { service_tier: 'flex' });
    expect(await lastValueFrom(client.stream(request).pipe(toText()))).toMatch(/^14\b/);
    expect(await lastValueFrom(client.complete(request).pipe(toText()))).toMatch(/^14\b/);
    expect(simulator.requests().map(({ status }) => status)).toEqual([498, 200, 498, 200]);
    expect(request.service_tier).toBe('flex');
  });

  test('without it is retried as any other fault of the moment', async () => {
    const simulator = await simulate();
    simulator.fault(noFlex());
    const client = clientFor(simulator, {}, { retry: AT_ONCE });
    const { error } = await record(client.stream(ask('What is 7+7?', { service_tier: 'flex' }))).end;
    expect(error).toMatchObject({ kind: 'api', status: 498, attempts: 4 });
  });

  test('onFlexFull that is neither is a TypeError', () => {
    expect(() => createChatClient({ m: {} }, { onFlexFull: 'on-demand' as 'on_demand' })).toThrow(
      new TypeError('onFlexFull: expected one of retry, on_demand, got on-demand'),
    );
  });

  test('a 498 of a request that is on demand is no reason to send it at once again and again', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 498, times: 100 });
    const client = clientFor(simulator, {}, { retry: AT_ONCE, onFlexFull: 'on_demand' });
    const { error } = await record(client.stream(ask('What is 7+7?', { service_tier: 'flex' }))).end;
    expect(error).toMatchObject({ kind: 'api', status: 498, attempts: 5 });
  });
});

describe('what would not help is not done', () => {
  test.each([400, 401, 404, 413, 422])('a %i fails at once', async status => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status, times: 100 });
    const { error } = await record(clientFor(simulator, {}, { retry: AT_ONCE }).stream(ask())).end;
    expect(error).toMatchObject({ attempts: 1, retryable: false });
    expect(simulator.stats().faults).toBe(1);
  });

  test.each(['reset-mid-stream', 'cut', 'garbage', 'stream-error'] as const)(
    '%s: text that has been delivered is never repeated',
    async kind => {
      const simulator = await simulate();
      simulator.fault({ kind, after: 2 });
      const { error, values } = await record(clientFor(simulator, {}, { retry: AT_ONCE }).stream(ask())).end;
      expect(error).toMatchObject({ attempts: 1 });
      expect(values).toHaveLength(2);
      expect(simulator.stats().requests).toBe(1);
    },
  );

  test.each(['reset-mid-stream', 'cut', 'garbage', 'stream-error'] as const)(
    '%s: a whole answer has delivered nothing yet, so it is tried again',
    async kind => {
      const simulator = await simulate();
      simulator.fault({ kind, after: 2 });
      const completions = await lastValueFrom(
        clientFor(simulator, {}, { retry: AT_ONCE }).complete(ask()).pipe(toArray()),
      );
      expect(completions.map(({ choices }) => choices[0].message.content)).toEqual([expect.stringMatching(/^14\b/)]);
      expect(simulator.stats().requests).toBe(2);
    },
  );
});

describe('a 429', () => {
  test('does not count among the retries, but has a bound of its own', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 5, times: 10 });
    const client = clientFor(simulator, {}, { retry: { maxRetries: 0 } });
    const events = eventsOf(client);
    await firstValueFrom(client.complete(ask()));
    expect(ofType(events, 'refused')).toHaveLength(10);
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 5, times: 11 });
    const { error } = await record(client.complete(ask())).end;
    expect(error).toMatchObject({ kind: 'rate_limit', attempts: 11 });
  });

  test('puts the request back in its own place, and the whole model waits as told', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 250 });
    const client = clientFor(simulator, { max_concurrent: 1 });
    const order: string[] = [];
    const answers = ['first', 'second', 'third'].map(name =>
      record(client.complete(ask(name)), () => order.push(name)),
    );
    await Promise.all(answers.map(({ end }) => end));
    expect(order).toEqual(['first', 'second', 'third']);
    const [refused, ...later] = simulator.requests();
    for (const { arrival } of later) expect(arrival - refused!.head!).toBeGreaterThanOrEqual(245);
  });

  test('another model does not wait', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 60_000 });
    const client = clientFor(simulator);
    const events = eventsOf(client);
    const waiting = record(client.complete(ask()));
    await next(events, 'refused');
    await firstValueFrom(client.complete(ask('What is 1+1?', { model: 'openai/gpt-oss-120b' })));
    expect(waiting.ended).toBe(false);
    waiting.subscription.unsubscribe();
  });
});

describe("the server's word on how long to wait", () => {
  const text = (wait: string): string =>
    `Rate limit reached for model \`${MODEL}\`. Please try again in ${wait}. Need more?`;
  const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
  const rows: readonly {
    name: string;
    headers?: () => Record<string, string>;
    message: string;
    ms: [number, number];
  }[] = [
    { name: 'in its text', message: text('7m12s'), ms: [432_000, 432_000] },
    { name: 'in ms in its text', message: text('335ms'), ms: [335, 335] },
    {
      name: 'in its text, which is more exact than the header',
      message: text('2.5s'),
      headers: () => ({ 'retry-after': '3' }),
      ms: [2500, 2500],
    },
    { name: 'as seconds', message: 'Slow down', headers: () => ({ 'retry-after': '17' }), ms: [17_000, 17_000] },
    {
      name: 'as a date',
      message: 'Slow down',
      headers: () => ({ 'retry-after': inSeconds(100) }),
      ms: [90_000, 100_000],
    },
    { name: 'as a date gone by', message: 'Slow down', headers: () => ({ 'retry-after': inSeconds(-9) }), ms: [0, 0] },
    { name: 'as ms', message: 'Slow down', headers: () => ({ 'retry-after-ms': '1234' }), ms: [1234, 1234] },
  ];

  test.each(rows)('$name: a 429 waits for it', async ({ headers, message, ms: [least, most] }) => {
    const simulator = await simulate();
    const silent = { 'retry-after': '', ...headers?.() };
    simulator.fault({ kind: 'status', status: 429, body: { error: { message } }, headers: silent });
    const client = clientFor(simulator);
    const events = eventsOf(client);
    const { subscription } = record(client.stream(ask()));
    await next(events, 'refused');
    const [{ retryAfterMs, error } = {} as never] = ofType(events, 'refused');
    expect(retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(retryAfterMs).toBeLessThanOrEqual(most);
    expect(error).toMatchObject({ kind: 'rate_limit', retryAfterMs });
    subscription.unsubscribe();
  });

  test.each(rows.filter(({ headers, message }) => headers && message === 'Slow down'))(
    '$name: a 503 waits at least as long',
    async ({ headers, message, ms: [least, most] }) => {
      const simulator = await simulate();
      simulator.fault({ kind: 'status', status: 503, body: { error: { message } }, headers: headers!() });
      const client = clientFor(simulator, {}, { retry: AT_ONCE });
      const events = eventsOf(client);
      const { subscription } = record(client.stream(ask()));
      await next(events, 'retrying');
      expect(ofType(events, 'retrying')[0]?.waitMs).toBeGreaterThanOrEqual(least);
      expect(ofType(events, 'retrying')[0]?.waitMs).toBeLessThanOrEqual(Math.max(1, most));
      subscription.unsubscribe();
    },
  );

  test.each([429, 503])('a wait beyond maxWait is passed on at once (%i)', async status => {
    const simulator = await simulate();
    const body = { error: { message: 'Slow down' } };
    simulator.fault({ kind: 'status', status, body, headers: { 'retry-after': '601' } });
    const { error } = await record(clientFor(simulator).stream(ask())).end;
    expect(error).toMatchObject({ retryAfterMs: 601_000, attempts: 1 });
    if (status === 429) expect((error as Error).message).toMatch(/Slow down\. Send the request again in 601000 ms/);
  });

  test('maxWait can be less', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 2000 });
    const { error } = await record(clientFor(simulator, {}, { maxWait: 1999 }).stream(ask())).end;
    expect(error).toMatchObject({ kind: 'rate_limit', retryAfterMs: 2000 });
  });
});

test('a server that does not know stream_options is asked without it, then and later', async () => {
  const simulator = await simulate();
  const message = "property 'stream_options' is unsupported";
  simulator.fault({
    kind: 'status',
    status: 400,
    body: { error: { message } },
    match: ({ stream_options }) => stream_options !== undefined,
    times: 100,
  });
  const client = clientFor(simulator, { dialect: 'openai' }, { retry: { maxRetries: 0 } });
  expect(await lastValueFrom(client.stream(ask()).pipe(toText()))).toMatch(/^14\b/);
  expect(await lastValueFrom(client.stream(ask()).pipe(toText()))).toMatch(/^14\b/);
  expect(simulator.requests().map(({ status }) => status)).toEqual([400, 200, 200]);
});

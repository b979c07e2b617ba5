import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatConfig, createChatClient } from 'rx-groq';
import { BehaviorSubject, EMPTY, firstValueFrom, lastValueFrom, Subject, throwError } from 'rxjs';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ask, clientFor, closing, configFor, eventsOf, MODEL, OTHER, record, simulate } from './harness.js';

const closed = [{ limit: 0, per: '1h' }];
const hourly = (limit: number) => [{ limit, per: '1h' }];

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rx-groq-client-'));
  path = join(folder, 'config.json');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** As editors save: the new file takes the old one's place. */
function save(config: ChatConfig | string): void {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

describe('reloadConfig', () => {
  test('raising a limit admits what waits, in its order, at once; use counted so far is kept', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: hourly(2) });
    const order: number[] = [];
    const runs = [1, 2, 3, 4, 5].map(index => record(client.complete(ask(`${index}`)), () => order.push(index)));
    await Promise.all(runs.slice(0, 2).map(({ end }) => end));
    expect(client.limits(MODEL)).toMatchObject({ queued: 3, windows: [{ used: 2, limit: 2 }] });
    client.reloadConfig(configFor(simulator, { windows: hourly(4) }));
    expect(client.limits(MODEL)).toMatchObject({ queued: 1, inFlight: 2, windows: [{ used: 4, limit: 4 }] });
    await Promise.all(runs.slice(0, 4).map(({ end }) => end));
    expect(order.sort()).toEqual([1, 2, 3, 4]);
    expect(runs[4]!.ended).toBe(false);
  });

  test('lowering a limit takes effect at once and loses nothing', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: [{ limit: 3, per: 400 }] });
    // All in one turn: a busy machine would have the window open again before the third comes.
    const runs = [1, 2].map(() => record(client.complete(ask())));
    client.reloadConfig(configFor(simulator, { windows: [{ limit: 1, per: 400 }] }));
    runs.push(record(client.complete(ask())));
    expect(client.limits(MODEL)).toMatchObject({ queued: 1, windows: [{ used: 2, limit: 1 }] });
    for (const { end } of runs) expect((await end).log).toEqual(['next', 'complete']);
    const arrivals = simulator.requests().map(({ arrival }) => arrival);
    expect(arrivals[2]! - arrivals[1]!).toBeGreaterThanOrEqual(395);
  });

  test('what has not been sent is sent with the new key and to the new address', async () => {
    const [before, after] = [await simulate(), await simulate({ apiKeys: ['gsk_second'] })];
    const client = clientFor(before, { windows: closed });
    const { end } = record(client.complete(ask()));
    client.reloadConfig(configFor(after, { api_key: 'gsk_second' }));
    expect((await end).log).toEqual(['next', 'complete']);
    expect([before.stats().requests, after.stats().completed]).toEqual([0, 1]);
  });

  test('removing a model fails what waits for it, and only that', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: closed });
    const waiting = [record(client.stream(ask())), record(client.complete(ask()))];
    const other = record(client.complete(ask('What is 7+7?', { model: OTHER })));
    const { [OTHER]: kept } = configFor(simulator);
    client.reloadConfig({ [OTHER]: kept! });
    for (const { error } of waiting) {
      expect(error).toMatchObject({ kind: 'request_invalid', field: 'model', model: MODEL, attempts: 0 });
      expect((error as Error).message).toMatch(/"openai\/gpt-oss-20b" is not configured.*openai\/gpt-oss-120b/);
    }
    expect((await other.end).log).toEqual(['next', 'complete']);
    expect(client.models()).toEqual([OTHER]);
    expect(simulator.stats().requests).toBe(1);
  });

  test('a broken one changes nothing, says why, and is reported', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: hourly(1) });
    const events = eventsOf(client);
    const configs = record(client.config$);
    const broken = { ...configFor(simulator), [MODEL]: { req_per_minute: '30' } } as never;
    const outcome = record(client.reloadConfig(broken));
    expect(outcome.error).toMatchObject({ kind: 'config' });
    expect((outcome.error as Error).message).toMatch(/req_per_minute: expected a positive integer or -1, got "30"/);
    expect(events).toMatchObject([{ type: 'config_error', error: outcome.error }]);
    expect(configs.values).toHaveLength(1);
    expect(client.limits(MODEL).windows).toMatchObject([{ limit: 1 }]);
    expect((await record(client.complete(ask())).end).log).toEqual(['next', 'complete']);
    expect(record(client.reloadConfig()).log).toEqual(['next', 'complete']);
  });

  test('is a command: it acts without a subscriber, and replays its outcome', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: hourly(1) });
    const outcome$ = client.reloadConfig(configFor(simulator, { windows: hourly(7) }));
    expect(client.limits(MODEL).windows).toMatchObject([{ limit: 7 }]);
    expect(record(outcome$).log).toEqual(['next', 'complete']);
    expect(record(outcome$).values).toEqual([await firstValueFrom(client.config$)]);
  });

  test('raises and lowers max_concurrent', async () => {
    const simulator = await simulate({ tokensPerSecond: 100 });
    const client = clientFor(simulator, { max_concurrent: 1 });
    const runs = [1, 2, 3].map(index => record(client.stream(ask(`${index}`))));
    expect(client.limits(MODEL)).toMatchObject({ queued: 2, inFlight: 1 });
    client.reloadConfig(configFor(simulator, { max_concurrent: 3 }));
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 3 });
    await Promise.all(runs.map(({ end }) => end));
  });
});

describe('config$', () => {
  test('replays the newest, then every change', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { req_per_minute: 10 });
    const { values } = record(client.config$);
    expect(values.map(config => config[MODEL]?.req_per_minute)).toEqual([10]);
    client.reloadConfig(configFor(simulator, { req_per_minute: 20 }));
    expect(values.map(config => config[MODEL]?.req_per_minute)).toEqual([10, 20]);
  });
});

describe('a file', () => {
  test('is read at once; reloadConfig() reads it anew', async () => {
    const simulator = await simulate();
    save(configFor(simulator, { req_per_minute: 10 }));
    const client = closing(createChatClient(path));
    expect(client.limits(MODEL).minute_limit).toBe(10);
    save(configFor(simulator, { req_per_minute: 20 }));
    await lastValueFrom(client.reloadConfig());
    expect(client.limits(MODEL).minute_limit).toBe(20);
    save('{ "broken": ');
    const { error } = await record(client.reloadConfig()).end;
    expect(error).toMatchObject({ kind: 'config' });
    expect(client.limits(MODEL).minute_limit).toBe(20);
  });

  test('is followed with watchConfig; a broken one changes nothing', async () => {
    const simulator = await simulate();
    save(configFor(simulator, { windows: closed }));
    const client = closing(createChatClient(path, { watchConfig: true }));
    const events = eventsOf(client);
    const waiting = record(client.complete(ask()));
    save('{ "openai/gpt-oss-20b": { "req_per_minute": "30" } }');
    await expect.poll(() => events.map(({ type }) => type)).toContain('config_error');
    expect(client.limits(MODEL)).toMatchObject({ queued: 1, windows: [{ limit: 0 }] });
    save(configFor(simulator));
    expect((await waiting.end).log).toEqual(['next', 'complete']);
  });
});

describe('an Observable', () => {
  test('that has not emitted: no models, and requests wait for it', async () => {
    const simulator = await simulate();
    const config$ = new Subject<ChatConfig>();
    const client = closing(createChatClient(config$));
    const events = eventsOf(client);
    expect(client.models()).toEqual([]);
    const limits = record(client.limits$(MODEL));
    const [stream, complete] = [record(client.stream(ask())), record(client.complete(ask()))];
    const each = record(new BehaviorSubject(ask()).pipe(client.completeEach()));
    const cancelled = record(client.stream(ask()));
    cancelled.subscription.unsubscribe();
    const tokens = record(client.countTokens(ask()));
    const unknown = record(client.stream(ask('x', { model: 'nobody' })));
    expect([stream, complete, each, tokens, limits, unknown].map(({ log }) => log)).toEqual([[], [], [], [], [], []]);
    config$.next(configFor(simulator));
    expect(client.models()).toEqual([MODEL, OTHER]);
    expect(limits.values.length).toBeGreaterThan(0);
    expect(unknown.error).toMatchObject({ kind: 'request_invalid', field: 'model' });
    await Promise.all([stream.end, complete.end, tokens.end]);
    await expect.poll(() => each.values.map(({ ok }) => ok), { interval: 5 }).toEqual([true]);
    expect([stream.log.at(-1), complete.log.at(-1), tokens.log.at(-1)]).toEqual(['complete', 'complete', 'complete']);
    expect(events.filter(({ type }) => type === 'queued')).toHaveLength(5);
    await simulator.until(({ completed }) => completed === 3);
  });

  test('each value replaces the one before, in line too', async () => {
    const simulator = await simulate();
    const config$ = new BehaviorSubject(configFor(simulator, { windows: closed }));
    const client = closing(createChatClient(config$));
    const waiting = record(client.complete(ask()));
    config$.next({ [MODEL]: { req_per_minute: 0 } });
    expect(waiting.ended).toBe(false);
    config$.next(configFor(simulator));
    expect((await waiting.end).log).toEqual(['next', 'complete']);
  });

  test('its error goes to the requests and to events$', async () => {
    const source = new Subject<ChatConfig>();
    const client = closing(createChatClient(source));
    const events = eventsOf(client);
    const waiting = record(client.complete(ask()));
    source.error(new Error('vault unreachable'));
    for (const { error } of [waiting, record(client.stream(ask()))]) {
      expect(error).toMatchObject({ kind: 'config', cause: new Error('vault unreachable'), attempts: 0 });
    }
    expect(events.map(({ type }) => type)).toContain('config_error');
  });

  test('an error after the first value leaves that in force', async () => {
    const simulator = await simulate();
    const source = new BehaviorSubject(configFor(simulator));
    const client = closing(createChatClient(source));
    source.error(new Error('vault unreachable'));
    expect((await record(client.complete(ask())).end).log).toEqual(['next', 'complete']);
  });

  test('reloadConfig from one replays its first outcome', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const next$ = new Subject<ChatConfig>();
    const outcome = record(client.reloadConfig(next$));
    expect(outcome.log).toEqual([]);
    next$.next(configFor(simulator, { req_per_minute: 5 }));
    expect(outcome.log).toEqual(['next', 'complete']);
    next$.next(configFor(simulator, { req_per_minute: 6 }));
    expect(client.limits(MODEL).minute_limit).toBe(6);
    const failing = record(client.reloadConfig(throwError(() => new Error('vault unreachable'))));
    expect(failing.error).toMatchObject({ kind: 'config' });
    expect(client.limits(MODEL).minute_limit).toBe(6);
  });

  test('one that ends without a value fails the requests that wait for it', async () => {
    const client = closing(createChatClient(EMPTY));
    const { error } = await record(client.complete(ask())).end;
    expect(error).toMatchObject({ kind: 'config', message: expect.stringContaining('has ended without one') });
    expect(record(client.reloadConfig(EMPTY)).error).toMatchObject({ kind: 'config' });
  });

  test('is unsubscribed on close', async () => {
    const source = new BehaviorSubject<ChatConfig>({});
    const client = createChatClient(source);
    expect(source.observed).toBe(true);
    await lastValueFrom(client.close());
    expect(source.observed).toBe(false);
  });

  test('close() ends what waits for it', async () => {
    const client = createChatClient(new Subject<ChatConfig>());
    const waiting = record(client.complete(ask()));
    await lastValueFrom(client.close());
    expect(waiting.error).toMatchObject({ kind: 'closed' });
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatChunk } from 'rx-groq';
import { concatMap, config, lastValueFrom, Observable, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, clientFor, MODEL, record, simulate } from '../client/harness.js';

/*
 * Errors thrown in a subscriber, re-entrant subscribe/unsubscribe in `next`, and a slow subscriber break nothing else.
 */

const words = { tokensPerSecond: 300, answer: () => 'word '.repeat(30) };
const long = ask('a long one', { max_completion_tokens: 30 });

describe('a subscriber that throws', () => {
  let reported: unknown[];
  beforeEach(() => {
    reported = [];
    config.onUnhandledError = error => reported.push(error);
  });
  afterEach(() => {
    config.onUnhandledError = null;
  });
  const fail = (): never => {
    throw new Error('in next');
  };

  test.each(['stream', 'complete'] as const)('%s: reported the RxJS way; pacing and the others go on', async method => {
    const simulator = await simulate(words);
    const client = clientFor(simulator, { max_concurrent: 2 });
    (client[method](long) as Observable<unknown>).subscribe(fail);
    const others = [1, 2, 3].map(() => record<unknown>(client[method](long)));
    await Promise.all(others.map(({ end }) => end));
    for (const { log } of others) expect(log.at(-1)).toBe('complete');
    await simulator.until(({ open }) => open === 0);
    await expect.poll(() => reported.length).toBeGreaterThan(0);
    expect(new Set(reported)).toSatisfy((errors: Set<Error>) =>
      [...errors].every(({ message }) => message === 'in next'),
    );
    await expect.poll(() => client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  });

  test('of events$, status$, limits$ and config$', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    for (const source of [client.events$, client.status$, client.limits$(MODEL), client.config$]) {
      (source as Observable<unknown>).subscribe(fail);
    }
    expect((await record(client.stream(ask())).end).log.at(-1)).toBe('complete');
    expect((await record(client.complete(ask())).end).log.at(-1)).toBe('complete');
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
    await expect.poll(() => reported.length).toBeGreaterThan(3);
  });

  test('an operator behind it that throws fails that pipeline only, and cancels its request', async () => {
    // So long that it can't have ended before the server sees that nobody listens, however busy the machine is.
    const endless = ask('an endless one', { max_completion_tokens: 30_000 });
    const simulator = await simulate({
      ...words,
      answer: ({ messages }) => 'word '.repeat(messages[0]?.content === 'an endless one' ? 30_000 : 30),
    });
    const client = clientFor(simulator);
    const other = record(client.stream(long));
    const thrown = new Error('in an operator');
    const project = (): never => {
      throw thrown;
    };
    const failing = record(client.stream(endless).pipe(concatMap(project)));
    expect((await failing.end).error).toBe(thrown);
    await other.end;
    expect(other.log.at(-1)).toBe('complete');
    await simulator.until(({ aborted, completed }) => aborted === 1 && completed === 1);
    expect(reported).not.toContain(thrown);
  });
});

describe('re-entrance', () => {
  test('subscribing in next: the new request stands in line like any other', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { max_concurrent: 1 });
    const ends: Promise<unknown>[] = [];
    const again = (depth: number): void => {
      const { end } = record(client.stream(ask(`${depth}`)), (_, { values }) => {
        if (values.length === 1 && depth > 0) again(depth - 1);
      });
      ends.push(end);
    };
    again(5);
    await expect.poll(() => simulator.stats().completed).toBe(6);
    await Promise.all(ends);
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  });

  test('unsubscribing another request, queued or in flight, in next', async () => {
    const simulator = await simulate(words);
    const client = clientFor(simulator, { max_concurrent: 2 });
    const flying = record(client.stream(long));
    const one = record(client.stream(long), () => {
      flying.subscription.unsubscribe();
      queued.subscription.unsubscribe();
    });
    const queued = record(client.stream(long));
    const last = record(client.stream(long));
    await Promise.all([one.end, last.end]);
    expect([one.log.at(-1), last.log.at(-1)]).toEqual(['complete', 'complete']);
    await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
    expect(simulator.stats().requests).toBe(3);
  });

  test('asking for limits, and lowering and raising them, in next and in events', async () => {
    const simulator = await simulate(words);
    const client = clientFor(simulator, { max_concurrent: 1 });
    client.events$.subscribe(event => event.type !== 'config' && client.reloadConfig());
    const runs = [1, 2, 3].map(() => record(client.stream(long), () => client.limits(MODEL)));
    await Promise.all(runs.map(({ end }) => end));
    expect(runs.map(({ log }) => log.at(-1))).toEqual(['complete', 'complete', 'complete']);
  });
});

test('a slow subscriber gets every chunk in order and slows nobody down', async () => {
  const simulator = await simulate(words);
  const client = clientFor(simulator);
  const slowly = (chunk: ChatChunk) =>
    new Observable<ChatChunk>(subscriber => {
      sleep(10).then(() => {
        subscriber.next(chunk);
        subscriber.complete();
      });
    });
  let slow = false;
  const late = lastValueFrom(client.stream(long).pipe(concatMap(slowly), toArray())).then(chunks => {
    slow = true;
    return chunks;
  });
  const quick = await record(client.stream(long)).end;
  expect(slow).toBe(false);
  const textOf = (chunks: readonly ChatChunk[]) =>
    chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  expect(textOf(await late)).toBe(textOf(quick.values));
});

test('one that blocks the thread in next: every word arrives, and nothing times out for it', async () => {
  const simulator = await simulate(words);
  const client = clientFor(simulator, {}, { timeouts: { idle: 1000 } });
  const block = (): void => {
    const until = performance.now() + 100;
    while (performance.now() < until);
  };
  const [blocking, other] = [record(client.stream(long), block), record(client.stream(long))];
  await Promise.all([blocking.end, other.end]);
  expect([blocking.log.at(-1), other.log.at(-1)]).toEqual(['complete', 'complete']);
});

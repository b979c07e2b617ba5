import type { ChatRequest } from 'rx-groq';
import type { Fault } from 'rx-groq/simulator';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { AT_ONCE, ask, clientFor, eventsOf, MODEL, OTHER, type Recorded, record, simulate } from '../client/harness.js';

/*
 * Nothing is lost: every request subscribed ends in exactly one of completion, error, unsubscription.
 */

/** A number from 0 to below 1 that depends on nothing but its arguments. */
function draw(seed: number, index: number): number {
  const mixed = Math.imul((seed * 2_654_435_761) ^ (index + 1), 0x85ebca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 4_294_967_296;
}

const kinds = ['reset-before-head', 'reset-mid-stream', 'garbage', 'cut', 'stream-error', 'html', 'empty'] as const;
const faults: readonly Fault[] = [
  ...kinds.map(kind => ({ kind, times: 4 }) as Fault),
  ...[500, 503, 400, 404].map(status => ({ kind: 'status', status, times: 4 }) as const),
  { kind: 'status', status: 429, retryAfterMs: 10, times: 6 },
  { kind: 'stall', times: 2 },
];

test.each([1, 2, 3])('200 requests among faults, limits and cancellations, seed %i', async seed => {
  const simulator = await simulate({
    seed,
    limits: { '*': { rpm: 100, rpd: -1, tpm: -1, tpd: -1 } },
    timeScale: 120,
    delayBefore: [0, 10],
    delayAfter: [0, 10],
    tokensPerSecond: 2000,
  });
  simulator.fault(faults);
  const config = { windows: [{ limit: 100, per: 500, kind: 'bucket' as const }], max_concurrent: 30 };
  const client = clientFor(simulator, config, { retry: AT_ONCE, timeouts: { idle: 1000 }, maxFlight: 60_000 });
  const events = eventsOf(client);
  const requestOf = (index: number): ChatRequest =>
    ask(`question ${index}`, {
      model: draw(seed, index) < 0.5 ? MODEL : OTHER,
      priority: 1 + Math.floor(10 * draw(seed, index + 1000)),
      ...(draw(seed, index + 2000) < 0.05 && { temperature: 7 }),
      ...(draw(seed, index + 3000) < 0.05 && { queueTimeout: 20 }),
    });
  const runs = Array.from({ length: 200 }, (_, index): Recorded<unknown> => {
    const method = index % 3 === 0 ? 'complete' : 'stream';
    const leaves = draw(seed, index + 4000) < 0.2;
    return record<unknown>(client[method](requestOf(index)), (_, { values, subscription }) => {
      if (leaves && values.length === 2) subscription.unsubscribe();
    });
  });
  for (const [index, { subscription }] of runs.entries()) {
    if (draw(seed, index + 5000) < 0.1) subscription.unsubscribe();
  }
  await expect.poll(() => runs.filter(({ ended, subscription }) => !ended && !subscription.closed)).toEqual([]);

  for (const { log, ended } of runs) expect(log.filter(what => what !== 'next')).toHaveLength(ended ? 1 : 0);
  const ends = { complete: 0, error: 0, unsubscribed: 0 };
  for (const { log, ended } of runs) ends[ended ? (log.at(-1) as 'complete' | 'error') : 'unsubscribed']++;
  const told = (type: string): number => events.filter(event => event.type === type).length;
  expect({ complete: told('completed'), error: told('failed'), unsubscribed: told('cancelled') }).toEqual(ends);
  expect(ends.complete).toBeGreaterThan(80);
  expect(ends.error).toBeGreaterThan(5);
  expect(ends.unsubscribed).toBeGreaterThan(5);

  for (const model of [MODEL, OTHER]) expect(client.limits(model)).toMatchObject({ queued: 0, inFlight: 0 });
  await simulator.until(({ open }) => open === 0);
  expect(simulator.stats().refused).toBe(0);
});

test('2,000 in line: all answered, once each, never more than max_concurrent at a time', async () => {
  const simulator = await simulate();
  const client = clientFor(simulator, { max_concurrent: 50 });
  const requests = Array.from({ length: 2000 }, (_, index) =>
    ask(`${index}`, { context: index, max_completion_tokens: 5 }),
  );
  const results = await lastValueFrom(from(requests).pipe(client.completeEach(), toArray()));
  expect(new Set(results.map(({ request }) => request.context)).size).toBe(2000);
  expect(results.every(({ ok }) => ok)).toBe(true);
  const { completed, peakOpen } = simulator.stats();
  expect(completed).toBe(2000);
  expect(peakOpen).toBeLessThanOrEqual(50);
  expect(peakOpen).toBeGreaterThan(10);
});

test('mergeMap over complete, the plainest use: every value comes once', async () => {
  const simulator = await simulate();
  const client = clientFor(simulator, { windows: [{ limit: 20, per: 100 }] });
  const sums = Array.from({ length: 60 }, (_, index) => index);
  const answers = await lastValueFrom(
    from(sums).pipe(
      mergeMap(index => client.complete(ask(`What is ${index}+1?`))),
      toArray(),
    ),
  );
  const found = answers.map(({ choices }) => Number.parseInt(choices[0].message.content ?? '', 10));
  expect(found.sort((a, b) => a - b)).toEqual(sums.map(index => index + 1));
});

import { join } from 'node:path';
import { type ChatClient, fileUsageStore } from 'rx-groq';
import { lastValueFrom, range, tap, toArray } from 'rxjs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ask, clientFor, MODEL, simulate } from '../client/harness.js';
import { folder } from './harness.js';

const hour = 3_600_000;
const day = 24 * hour;

/** The wall clock of this process; what it is ahead by can be set. */
function wallClock(): { ahead: number } {
  const clock = { ahead: 0 };
  const { now } = Date;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + clock.ahead);
  onTestFinished(() => void vi.restoreAllMocks());
  return clock;
}

/** Sends 15 requests and sets the clock when a few have been answered. */
async function run(client: ChatClient, set: () => void): Promise<boolean[]> {
  let answered = 0;
  const results$ = range(0, 15).pipe(
    client.completeMap(() => ask()),
    tap(() => {
      if (++answered === 5) set();
    }),
    toArray(),
  );
  const results = await lastValueFrom(results$);
  await client[Symbol.asyncDispose]();
  return results.map(({ ok }) => ok);
}

test.each([
  ['an hour forward', hour, 0],
  ['an hour back', -hour, 0],
  ['a day forward', day, 0],
  ['a day back', -day, 0],
  ['an hour back, and again between two processes', -hour, -hour],
  ['a day back, and again between two processes', -day, -day],
])('the system clock jumps %s: neither a stall nor a burst', { timeout: 60_000 }, async (_, running, between) => {
  const clock = wallClock();
  // A minute is a second there.
  const simulator = await simulate({ limits: { [MODEL]: { rpm: 10 } }, timeScale: 60 });
  const usageStore = fileUsageStore(join(folder(), 'usage.json'));
  const start = (): ChatClient =>
    clientFor(simulator, { windows: [{ limit: 10, per: '1s', kind: 'bucket' }] }, { usageStore, maxFlight: 60_000 });
  const began = performance.now();

  const first = await run(start(), () => {
    clock.ahead += running;
  });
  clock.ahead += between;
  const second = await run(start(), () => {
    clock.ahead -= running;
  });

  expect([...first, ...second]).toEqual(Array(30).fill(true));
  expect(simulator.stats().refused).toBe(0);
  expect(performance.now() - began).toBeLessThan(20_000); // 2 s without a stall
});

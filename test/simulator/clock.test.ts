import { expect, it } from 'vitest';
import { createClock } from '../../src/simulator/clock.js';

it('no wait is shorter than asked for, though a timer may fire early by what the turn had taken', async () => {
  const clock = createClock();
  const short: number[] = [];
  const waits = Array.from({ length: 400 }, async (_, index) => {
    const began = clock.now();
    const asked = (index % 40) + 0.5;
    while (clock.now() < began + 0.07); // the loop's own time, which timers go by, stands still meanwhile
    await clock.wait(asked);
    const waited = clock.now() - began;
    if (waited < asked) short.push(asked - waited);
  });
  await Promise.all(waits);
  expect(short).toEqual([]);
});

it('a wait that is longer than any timer of Node ends as the clock is stopped', async () => {
  const clock = createClock();
  const wait = clock.wait(2 ** 31);
  clock.stop();
  expect(await wait).toBe(false);
});

import { rateWindow } from 'rx-groq';
import { delay, from, merge, of, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';

/*
 * A monotonic clock has fractions of a ms. What landed in a bucket between two ms was once counted at the second of them, with the refill of
 * the whole ms given at once: so the next in line went a part of a ms too early.
 */
it('a bucket gives no refill in advance when something lands between two milliseconds', () => {
  const clock = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  const left: [string, number][] = [];
  const values = [
    { name: 'all', tokens: 10, priority: 5 },
    { name: 'half', tokens: 5, priority: 5 },
  ];
  const free = of({ name: 'free', tokens: 0, priority: 1 }).pipe(delay(9.125, clock));
  merge(from(values), free)
    .pipe(
      rateWindow(
        { limit: 10, per: 20, unit: 'tokens', kind: 'bucket' },
        { cost: ({ tokens }) => ({ tokens }), scheduler: clock },
      ),
    )
    .subscribe(({ name }) => left.push([name, clock.now()]));
  clock.flush();
  expect(left).toEqual([
    ['all', 0],
    ['free', 9.125],
    ['half', 10],
  ]);
});

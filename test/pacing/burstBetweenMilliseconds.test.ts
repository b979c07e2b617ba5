import { rateWindow } from 'rx-groq';
import { range, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';

/* Counted as of the whole ms before it, a burst between two of them was a hair more than it is, and its last one had to wait. */
it('a whole bucket goes at once, also between two milliseconds', () => {
  const clock = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  clock.frame = 0.7;
  const left: number[] = [];
  range(31)
    .pipe(rateWindow({ limit: 30, per: '1m', kind: 'bucket' }, { scheduler: clock }))
    .subscribe(() => left.push(clock.now()));
  clock.flush();
  expect(left).toEqual([...Array.from({ length: 30 }, () => 0.7), 2001]);
});

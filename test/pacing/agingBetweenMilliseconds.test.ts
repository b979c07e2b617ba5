import { rateWindow } from 'rx-groq';
import { concatMap, delay, from, of, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';

/*
 * A monotonic clock has fractions of a ms, and (since + aging) - since may be a little less than aging. The pacer once stepped from
 * one gained level to the next without ever getting on, and with it the whole process.
 */
describe('aging, counted from an instant between two milliseconds', () => {
  const aging = 30_000;
  const starts = [4610.731144017084, 0.1, 1 / 3, 936.1234567, 12_345.678901234];

  it.each(starts)('begun at %d ms, all values leave, the aged one first', start => {
    const clock = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
    clock.frame = start;
    const left: [string, number][] = [];
    const values = [
      { name: 'first', priority: 5 },
      { name: 'aged', priority: 6 },
      { name: 'urgent', priority: 5 },
    ];
    const later = of({ name: 'late', priority: 5 }).pipe(delay(aging + 1, clock));
    from([from(values), later])
      .pipe(
        concatMap(source => source),
        rateWindow({ limit: 1, per: '2m' }, { aging, priority: ({ priority }) => priority, scheduler: clock }),
      )
      .subscribe(({ name }) => left.push([name, Math.round((clock.now() - start) / 1000)]));
    clock.flush();
    expect(left).toEqual([
      ['first', 0],
      ['urgent', 120],
      ['aged', 240],
      ['late', 360],
    ]);
  });

  it('the instants tried are such that the plain division rounds down at one of them', () => {
    expect(starts.some(start => Math.floor((start + aging - start) / aging) === 0)).toBe(true);
  });
});

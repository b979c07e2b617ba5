import { rateWindow, rateWindowMap } from 'rx-groq';
import { type RedisQuota, redisQuota } from 'rx-groq/redis';
import {
  asyncScheduler,
  concat,
  concatMap,
  firstValueFrom,
  lastValueFrom,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
  tap,
  timer,
  toArray,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { watchedRedis } from './watchedRedis.js';

describe('steps in Redis', () => {
  const redis = watchedRedis();
  const quota = (prefix: string): RedisQuota => redisQuota({ url: redis.url, prefix });
  const steps = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.admin.info('commandstats'))?.[1] ?? 0);
  const open = [
    { limit: 1e6, per: 60_000 },
    { limit: 1e9, per: 60_000, unit: 'tokens', kind: 'bucket' as const },
  ];

  it('are one a request where one follows the other', async () => {
    const source = new Subject<number>();
    const paced$ = source.pipe(
      rateWindow(open, { quota: quota('one'), cost: { tokens: 1 } }),
      // The next comes in a turn of its own.
      concatMap(value => (value === 10 ? redis.admin.config('RESETSTAT').then(() => value) : of(value))),
      tap(value => asyncScheduler.schedule(() => source.next(value + 1))),
      take(61),
    );
    const all = lastValueFrom(paced$);
    source.next(0);
    await all;
    expect(await steps()).toBeLessThanOrEqual(53);
  });

  it('are two of a request alone, that is acknowledged and later settles for less', async () => {
    const source = new Subject<number>();
    const ended = new Subject<number>();
    source
      .pipe(
        rateWindowMap(
          open,
          (value, permit) =>
            concat(
              timer(20).pipe(tap(() => permit.acknowledged())),
              timer(20).pipe(tap(() => permit.settle({ tokens: 5 }))),
            ).pipe(map(() => value)),
          { quota: quota('two'), cost: () => ({ tokens: 100 }) },
        ),
      )
      .subscribe(ended);
    const twice = (): Promise<number> =>
      firstValueFrom(ended.pipe(concatMap((_, index) => (index === 1 ? of(2) : []))));
    const warm = twice();
    source.next(0);
    await warm;
    await redis.admin.config('RESETSTAT');
    const measured = twice();
    source.next(1);
    await measured;
    source.complete();
    await expect.poll(steps).toBe(2);
  });

  it('tell late what has landed, and it counts from when it did', async () => {
    const per = 400;
    const leaseMs = 20_000;
    const paced = (): Observable<number> =>
      concat(of(0), NEVER).pipe(
        rateWindow({ limit: 1, per }, { quota: redisQuota({ url: redis.url, prefix: 'late', leaseMs }) }),
        map(() => performance.now()),
      );
    const [first, second] = await lastValueFrom(
      paced().pipe(
        mergeMap(at => merge(of(at), paced())),
        take(2),
        toArray(),
      ),
    );
    // The grant was to count until `leaseMs` + `per` after it, if nothing had been heard.
    expect(second! - first!).toBeGreaterThanOrEqual(per - 1);
    expect(second! - first!).toBeLessThan(leaseMs / 2);
  });
});

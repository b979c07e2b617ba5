import { rateWindow, rateWindowMap } from 'rx-groq';
import { type QuotaNotice, redisQuota } from 'rx-groq/redis';
import { BehaviorSubject, concat, lastValueFrom, merge, NEVER, type Observable, of, range, take, tap } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { whatWentOver } from '../pacing/loggedPromises.js';
import { watchedRedis } from './watchedRedis.js';

/** Each key of the usual prefix with its ms to live, its bytes, and how many numbers are in it; at one instant. */
const census = `
local all = {}
for _, key in ipairs(redis.call('KEYS', '{rx-groq:*')) do
  local kind = redis.call('TYPE', key).ok
  local numbers = kind == 'zset' and redis.call('ZCARD', key) or kind == 'hash' and redis.call('HLEN', key) or 0
  all[#all + 1] = { key, redis.call('PTTL', key), redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0), numbers }
end
return all`;

describe('what stands in Redis', () => {
  const redis = watchedRedis();

  it('is bounded by the windows, not by what went through them, and every key expires by itself', async () => {
    const leaseMs = 300;
    const per = 200;
    const windows = [
      { limit: 300, per },
      { limit: 300, per, unit: 'tokens', kind: 'bucket' as const },
    ];
    const sizes: number[] = [];
    const measure = async (): Promise<void> => {
      const keys = (await redis.admin.eval(census, 0)) as [key: string, ttl: number, bytes: number, numbers: number][];
      sizes.push(keys.reduce((sum, [, , bytes]) => sum + bytes, 0));
      expect(keys.length).toBeLessThanOrEqual(1 + 2 * windows.length);
      for (const [key, ttl, , numbers] of keys) {
        expect(ttl, key).toBeGreaterThan(0);
        expect(ttl, key).toBeLessThanOrEqual(2 * per + leaseMs + 60_000);
        // A slot a ms: those that count, those that are remembered, those up to the latest deadline.
        expect(numbers, key).toBeLessThanOrEqual(2 * per + leaseMs + 2);
      }
    };
    const measured: Promise<void>[] = [];
    await lastValueFrom(
      range(1, 6000).pipe(
        rateWindow(windows, { quota: redisQuota({ url: redis.url, leaseMs }), cost: { tokens: 1 } }),
        tap(value => value % 600 === 0 && measured.push(measure())),
      ),
    );
    await Promise.all(measured);
    // 20 windows full have gone: there is no more after the second half of them than after the first.
    expect(Math.max(...sizes.slice(5))).toBeLessThan(1.5 * Math.max(...sizes.slice(0, 5)));
    expect((await redis.admin.info('stats')).match(/evicted_keys:(\d+)/)?.[1]).toBe('0');
  });

  it('is the lowest of limits that differ: both processes keep to it, and each that has more is told both', async () => {
    const prefix = 'differ';
    const high = { limit: 9, per: 200 };
    const low = { limit: 3, per: 200 };
    const low$ = new BehaviorSubject(low);
    const went: { readonly counted: number; readonly cost: number; readonly who: string }[] = [];
    const notices: QuotaNotice[] = [];
    const paced = (who: string, windows$: Observable<typeof high>): Observable<unknown> => {
      const quota = redisQuota({ url: redis.url, prefix });
      const following = quota.notices$.subscribe(notice => who === 'high' && notices.push(notice));
      onTestFinished(() => following.unsubscribe());
      return concat(range(0, 70), NEVER).pipe(
        rateWindowMap(
          windows$,
          (value, permit) => {
            went.push({ counted: performance.now(), cost: 1, who });
            permit.acknowledged();
            return of(value);
          },
          { quota },
        ),
      );
    };
    await lastValueFrom(
      merge(paced('high', of(high)), paced('low', low$)).pipe(
        tap(() => went.length === 30 && low$.next(high)),
        take(70),
      ),
    );
    // Whoever came first had its own limit until the other said less.
    const [{ who: first }] = went as [(typeof went)[0]];
    const agreed = went.find(({ who }) => who !== first)!.counted + high.per;
    const lowered = went.slice(0, 30).filter(({ counted }) => counted > agreed);
    const raised = went.slice(30);
    expect(new Set(lowered.map(({ who }) => who)).size).toBe(2);
    expect(whatWentOver(lowered, { ...low, kind: 'sliding' })).toEqual([]);
    expect(whatWentOver(raised, { ...high, kind: 'sliding' })).toEqual([]);
    expect(whatWentOver(raised, { ...low, kind: 'sliding' })).not.toEqual([]);
    const window = { unit: 'requests', kind: 'sliding', ...high };
    expect(notices).toContainEqual({ type: 'limits_differ', pool: 'default', window, lowest: 3, highest: 9 });
  });
});

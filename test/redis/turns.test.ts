import { rateWindow } from 'rx-groq';
import { redisQuota } from 'rx-groq/redis';
import {
  concat,
  connect,
  lastValueFrom,
  map,
  merge,
  NEVER,
  type Observable,
  range,
  skip,
  switchMap,
  take,
  toArray,
} from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from './redisServer.js';

const window = { limit: 16, per: 400, kind: 'bucket' as const };

describe('turns between processes', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** Has always somebody waiting. */
  const busy = (name: string): Observable<string> =>
    concat(range(0, 500), NEVER).pipe(
      rateWindow(window, { quota: redisQuota({ url: redis.url }) }),
      map(() => name),
    );
  const counts = (went: readonly string[]): number[] =>
    ['a', 'b', 'c'].map(name => went.filter(one => one === name).length);

  it('are no debt of the first: who comes later has no more than the others from then on', async () => {
    const went = await lastValueFrom(
      busy('a').pipe(
        // a has had the whole window when b and c come
        connect(a$ =>
          merge(
            a$,
            a$.pipe(
              skip(15),
              take(1),
              switchMap(() => merge(busy('b'), busy('c'))),
            ),
          ),
        ),
        take(16 + 30),
        toArray(),
      ),
    );
    // Where the machine is busy b and c come late, and a has more.
    const [a, b, c] = counts(went.slice(16));
    expect(Math.max(b!, c!) - a!, `${went}`).toBeLessThanOrEqual(2);
  });
});

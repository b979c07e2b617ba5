import { Redis } from 'ioredis';
import { rateWindowMap } from 'rx-groq';
import { type RedisQuotaOptions, redisQuota } from 'rx-groq/redis';
import {
  BehaviorSubject,
  concat,
  filter,
  firstValueFrom,
  lastValueFrom,
  merge,
  NEVER,
  type Observable,
  of,
  range,
  Subject,
  take,
  tap,
  toArray,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type LoggedWindow, type Went, whatWasLost, whatWentOver } from '../pacing/loggedPromises.js';
import { startRedis } from './redisServer.js';

const kept = ['--appendonly', 'yes', '--appendfsync', 'always'];

type Sent = Pick<Went, 'counted' | 'cost'>;

/** A process's line; what goes is noted in `went`. */
function line(
  values$: Observable<number>,
  window: LoggedWindow,
  went: Sent[],
  options: RedisQuotaOptions,
): Observable<number> {
  return values$.pipe(
    rateWindowMap(
      window,
      (value, permit) => {
        went.push({ counted: performance.now(), cost: 1 });
        permit.acknowledged();
        return of(value);
      },
      { quota: redisQuota(options), maxFlight: 100 },
    ),
  );
}

interface Case {
  readonly kind: 'sliding' | 'bucket';
  readonly onUnavailable: 'wait' | 'local';
  readonly data: 'kept' | 'lost';
}

const cases: readonly Case[] = (['sliding', 'bucket'] as const).flatMap(kind =>
  (['wait', 'local'] as const).flatMap(onUnavailable =>
    (['kept', 'lost'] as const).map(data => ({ kind, onUnavailable, data })),
  ),
);

describe('two processes, and a Redis that is killed and comes back', () => {
  // All at once: they wait for windows, not for the machine.
  it.concurrent.for(cases)(
    'go on without going over or losing any: $kind, $onUnavailable, data $data',
    async ({ kind, onUnavailable, data }, { onTestFinished }) => {
      const redis = await startRedis(...(data === 'kept' ? kept : []));
      onTestFinished(() => redis.stop());
      const window = { limit: 8, per: 2000, kind };
      const went: Sent[] = [];
      // With `local` some go while it is away; with `wait` none does.
      const back = onUnavailable === 'local' ? 10 : 8;
      const paced = (from: number, count: number): Observable<number> =>
        line(concat(range(from, count), NEVER), window, went, { url: redis.url, onUnavailable });
      const count$ = new BehaviorSubject(0);
      const reached = (count: number): Promise<number> => firstValueFrom(count$.pipe(filter(now => now >= count)));
      const outage = async (): Promise<void> => {
        await reached(8);
        await redis.kill();
        await reached(back);
        await redis.start();
      };
      const all$ = merge(paced(0, 10), paced(10, 10)).pipe(
        tap(() => count$.next(went.length)),
        take(20),
      );
      const [values] = await Promise.all([lastValueFrom(all$.pipe(toArray())), outage()]);
      const expected = Array.from({ length: 20 }, (_, value) => value);
      expect(whatWasLost(expected, values)).toEqual([]);
      expect(whatWentOver(went, window)).toEqual([]);
    },
  );

  // As a replica has that takes over, or a server that writes down once a second.
  it.concurrent.for(['sliding', 'bucket'] as const)(
    'tell it again what its data is too old to know: %s',
    async (kind, { onTestFinished }) => {
      const redis = await startRedis();
      const admin = new Redis(redis.url);
      onTestFinished(async () => {
        admin.disconnect();
        await redis.stop();
      });
      const window = { limit: 4, per: 2000, kind };
      const went: Sent[] = [];
      const lines = [new Subject<number>(), new Subject<number>()] as const;
      const told$ = new Subject<number>();
      const all = lastValueFrom(told$.pipe(toArray()));
      merge(...lines.map(values$ => line(values$, window, went, { url: redis.url }))).subscribe(told$);
      const reached = (count: number): Promise<number> =>
        firstValueFrom(told$.pipe(filter(() => went.length >= count)));

      const two = reached(2);
      lines[0].next(0);
      lines[1].next(1);
      await two;
      const keys = await admin.keys('*');
      const old = await Promise.all(keys.map(async key => [key, await admin.dumpBuffer(key)] as const));
      const four = reached(4);
      lines[0].next(2);
      lines[0].next(3);
      await four;
      await admin.flushall();
      for (const [key, data] of old) await admin.restore(key, 60_000, data);
      for (const value of [4, 5, 6, 7]) lines[value % 2]!.next(value);
      for (const values$ of lines) values$.complete();
      expect(whatWasLost([0, 1, 2, 3, 4, 5, 6, 7], await all)).toEqual([]);
      expect(whatWentOver(went, window)).toEqual([]);
    },
  );
});

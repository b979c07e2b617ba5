import { Redis } from 'ioredis';
import { rateWindowMap } from 'rx-groq';
import { type QuotaNotice, type RedisQuota, type RedisQuotaOptions, redisQuota } from 'rx-groq/redis';
import {
  BehaviorSubject,
  concat,
  filter,
  firstValueFrom,
  from,
  ignoreElements,
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
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LoggedWindow, type Went, whatWasLost, whatWentOver } from '../pacing/loggedPromises.js';
import { freePort, startRedis } from './redisServer.js';
import { startProxy, type TcpProxy } from './tcpProxy.js';

const kept = ['--appendonly', 'yes', '--appendfsync', 'always'];

type Sent = Pick<Went, 'counted' | 'cost'>;

/** A process's line; what goes is noted in `went`. */
function line(
  values$: Observable<number>,
  window: LoggedWindow,
  went: Sent[],
  quota: RedisQuotaOptions | RedisQuota,
): Observable<number> {
  return values$.pipe(
    rateWindowMap(
      window,
      (value, permit) => {
        went.push({ counted: performance.now(), cost: 1 });
        permit.acknowledged();
        return of(value);
      },
      { quota: 'open' in quota ? quota : redisQuota(quota), maxFlight: 100 },
    ),
  );
}

/** Its next notice of this type; `then` is done as it comes. */
function noticed({ notices$ }: RedisQuota, type: QuotaNotice['type'], then = (): void => {}): Promise<unknown> {
  return firstValueFrom(
    notices$.pipe(
      filter(notice => notice.type === type),
      tap(then),
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
      const quotas = [0, 1].map(() => redisQuota({ url: redis.url, onUnavailable }));
      // A first connection that is cut at once is another matter.
      const connected = Promise.all(quotas.map(quota => noticed(quota, 'available')));
      const count$ = new BehaviorSubject(0);
      const reached = (count: number): Promise<number> => firstValueFrom(count$.pipe(filter(now => now >= count)));
      // Nobody takes all before the other is there: who joins as Redis goes away nobody can have heard of.
      const paced = (first: number, quota: RedisQuota): Observable<number> =>
        line(
          concat(of(first), from(reached(2)).pipe(ignoreElements()), range(first + 1, 9), NEVER),
          window,
          went,
          quota,
        );
      const outage = async (): Promise<void> => {
        await Promise.all([connected, reached(8)]);
        await redis.kill();
        await reached(back);
        await redis.start();
      };
      const all$ = merge(paced(0, quotas[0]!), paced(10, quotas[1]!)).pipe(
        tap(() => count$.next(went.length)),
        take(20),
      );
      const [values] = await Promise.all([lastValueFrom(all$.pipe(toArray())), outage()]);
      const expected = Array.from({ length: 20 }, (_, value) => value);
      expect(whatWasLost(expected, values)).toEqual([]);
      expect(whatWentOver(went, window)).toEqual([]);
    },
  );

  it('are waited for with `local` by one that knows nothing yet of the other', async () => {
    const redis = await startRedis(...kept);
    const [nearA, nearB] = [await startProxy(redis.port), await startProxy(redis.port)];
    onTestFinished(async () => {
      nearA.close();
      nearB.close();
      await redis.stop();
    });
    const window = { limit: 4, per: 2000, kind: 'bucket' } as const;
    const went: Sent[] = [];
    const quotaOf = ({ port }: TcpProxy): RedisQuota =>
      redisQuota({ url: `redis://127.0.0.1:${port}`, onUnavailable: 'local' });
    const gone$ = new Subject<number>();
    const reached = (value: number): Promise<number> => firstValueFrom(gone$.pipe(filter(one => one === value)));
    const start = (values$: Observable<number>, quota: RedisQuota): unknown =>
      line(values$, window, went, quota).subscribe(value => gone$.next(value));
    const [full, alone, other] = [reached(3), reached(5), reached(6)];

    start(range(0, 6), quotaOf(nearA));
    await full;
    const quotaB = quotaOf(nearB);
    const silenced = noticed(quotaB, 'available', () => {
      nearB.latency = Number.POSITIVE_INFINITY; // what b says first does not arrive
    });
    start(of(6), quotaB);
    await silenced;
    nearA.target = await freePort();
    await redis.kill();
    await alone;
    nearB.latency = 0;
    const back = noticed(quotaB, 'available', () => {
      nearA.target = redis.port; // a comes after b
    });
    await redis.start();
    await Promise.all([back, other]);
    expect(went).toHaveLength(7);
    expect(whatWentOver(went, window)).toEqual([]);
  });

  it.concurrent.for(['sliding', 'bucket'] as const)(
    'take as gone with `local` what the other may have taken since they heard of it: %s',
    async (kind, { onTestFinished }) => {
      const redis = await startRedis(...kept);
      onTestFinished(() => redis.stop());
      const window = { limit: 8, per: 1000, kind };
      const went: Sent[] = [];
      const quotas = [0, 1].map(() => redisQuota({ url: redis.url, onUnavailable: 'local' }));
      const lines = [new Subject<number>(), new Subject<number>()] as const;
      const gone$ = new Subject<number>();
      merge(...lines.map((values$, at) => line(values$, window, went, quotas[at]!))).subscribe(gone$);
      const reached = (count: number): Promise<number> =>
        firstValueFrom(gone$.pipe(filter(() => went.length === count)));

      for (const at of [0, 1] as const) {
        const more = reached(at + 1);
        lines[at].next(at);
        await more;
      }
      const full = reached(11); // of which one has heard of two
      for (let value = 2; value < 11; value++) lines[0].next(value);
      await full;
      const away = Promise.all(quotas.map(quota => noticed(quota, 'unavailable')));
      await redis.kill();
      await away;
      const more = reached(15);
      for (let value = 11; value < 15; value++) lines[1].next(value);
      await more;
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
      // At one instant: a step in between would make the keys anew.
      const back = admin.multi().flushall();
      for (const [key, data] of old) back.restore(key, 60_000, data);
      for (const [error] of (await back.exec())!) expect(error).toBeNull();
      for (const value of [4, 5, 6, 7]) lines[value % 2]!.next(value);
      for (const values$ of lines) values$.complete();
      expect(whatWasLost([0, 1, 2, 3, 4, 5, 6, 7], await all)).toEqual([]);
      expect(whatWentOver(went, window)).toEqual([]);
    },
  );
});

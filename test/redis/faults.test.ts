import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { rateWindow, rateWindowMap } from 'rx-groq';
import { QuotaUnavailableError, type RedisQuotaOptions, redisQuota } from 'rx-groq/redis';
import { concat, firstValueFrom, lastValueFrom, NEVER, of, range, Subject, take, tap, toArray } from 'rxjs';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { freePort, type RedisServer, startRedis } from './redisServer.js';
import { startProxy } from './tcpProxy.js';

const windows = { limit: 4, per: 400 };

/** What a value of a pool at this address ends in. */
async function failureAt(url: string): Promise<QuotaUnavailableError> {
  return failureOf({ url });
}

async function failureOf(options: RedisQuotaOptions): Promise<QuotaUnavailableError> {
  const outcome = await firstValueFrom(of(1).pipe(rateWindow(windows, { quota: redisQuota(options) }))).catch(
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(QuotaUnavailableError);
  expect(inspect(outcome, { depth: Infinity })).not.toMatch(/s3cret|someuser/);
  return outcome as QuotaUnavailableError;
}

/** Clients that are handed in, made as their own documentation has it. */
const clients: readonly (readonly [string, (url: string) => RedisQuotaOptions])[] = [
  [
    'ioredis',
    url => {
      const client = new Redis(url);
      client.on('error', () => {});
      onTestFinished(() => client.disconnect());
      return { client };
    },
  ],
  [
    'node-redis',
    url => {
      const client = createClient({ url });
      client.on('error', () => {});
      onTestFinished(() => void (client.isOpen && client.destroy()));
      return { client };
    },
  ],
];

describe('a Redis that is of no use', () => {
  let redis: RedisServer;
  afterEach(() => redis?.stop());

  it('is not there', async () => {
    const { reason, message } = await failureAt(`redis://someuser:s3cret@127.0.0.1:${await freePort()}`);
    expect(reason).toBe('unreachable');
    expect(message).not.toMatch(/s3cret|user/);
  });

  it('has no such host', async () => {
    expect((await failureAt('redis://no-such-host.invalid:6379')).reason).toBe('unreachable');
  });

  it('wants another password', async () => {
    redis = await startRedis('--requirepass', 'right');
    const { reason, message } = await failureAt(`redis://:wr0ng@127.0.0.1:${redis.port}`);
    expect(reason).toBe('password');
    expect(message).not.toContain('wr0ng');
    expect((await failureAt(redis.url)).reason).toBe('password');
  });

  it('hangs up at once, as one does that expects TLS', async () => {
    const server = createServer(socket => socket.destroy()).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect((await failureAt(`redis://127.0.0.1:${port}`)).reason).toBe('tls');
  });

  it('knows no TLS, and is asked with it', async () => {
    redis = await startRedis('--requirepass', 'right');
    const error = await failureAt(`rediss://someuser:s3cret@127.0.0.1:${redis.port}`);
    expect(error.reason).toBe('tls');
    expect(error.message).toContain('TLS mismatch');
    expect(inspect(error, { depth: Infinity })).not.toMatch(/s3cret|user/);
  });

  it('expects TLS, and is asked without', async () => {
    const server = createTlsServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect((await failureAt(`redis://127.0.0.1:${port}`)).reason).toBe('tls');
  });

  it('is older than what is needed', async () => {
    const server = createServer(socket =>
      socket.on('data', bytes => {
        for (const [command] of bytes.toString().matchAll(/\*\d+\r\n(?:\$\d+\r\n[^\r]*\r\n)+/g)) {
          const info = 'redis_version:6.0.16\r\nloading:0\r\n';
          if (/hello\r\n/i.test(command)) socket.write('%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n');
          else if (/\ninfo\r\n/i.test(command)) socket.write(`$${info.length}\r\n${info}\r\n`);
          else socket.write('-ERR Unknown subcommand\r\n');
        }
      }),
    ).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { reason, message } = await failureAt(`redis://127.0.0.1:${port}`);
    expect(reason).toBe('version');
    expect(message).toContain('6.0.16');
  });

  it.each(['a text', '\x01', '\x80'])("has somebody else's text %j in our place", async text => {
    redis = await startRedis();
    const other = new Redis(redis.url);
    onTestFinished(() => other.disconnect());
    await other.set('{rx-groq:default}', Buffer.from(text, 'latin1'));
    expect((await failureAt(redis.url)).reason).toBe('key_type');
  });

  it('has what an earlier version left in our place', async () => {
    redis = await startRedis();
    const other = new Redis(redis.url);
    onTestFinished(() => other.disconnect());
    const state =
      '{ base = 0, epoch = "a:1", now = 0, held = 0, rev = 0, serial = 0, v = {}, windows = {}, procs = {} }';
    await other.eval(`redis.call('SET', KEYS[1], cmsgpack.pack(${state}))`, 1, '{rx-groq:default}');
    expect((await failureAt(redis.url)).reason).toBe('key_type');
  });

  it('does not know the commands that are needed', async () => {
    redis = await startRedis('--rename-command', 'EVALSHA', '""');
    expect((await failureAt(redis.url)).reason).toBe('version');
  });

  it('has a key of another type in our place', async () => {
    redis = await startRedis();
    const other = new Redis(redis.url);
    onTestFinished(() => other.disconnect());
    await other.lpush('{rx-groq:default}', 'not ours');
    expect((await failureAt(redis.url)).reason).toBe('key_type');
  });

  it('is a replica that takes no writes', async () => {
    redis = await startRedis('--replicaof', '127.0.0.1', `${await freePort()}`);
    expect((await failureAt(redis.url)).reason).toBe('read_only');
  });

  describe.each(clients)('asked by a client of %s that was handed in', (_, client) => {
    const reasonAt = async (at: { readonly port: number }, user = ''): Promise<string | undefined> =>
      (await failureOf(client(`redis://${user}127.0.0.1:${at.port}`))).reason;

    it('is not there', async () => {
      expect(await reasonAt({ port: await freePort() }, 'someuser:s3cret@')).toBe('unreachable');
    });

    it('wants another password', async () => {
      redis = await startRedis('--requirepass', 'right');
      expect(await reasonAt(redis, 'someuser:s3cret@')).toBe('password');
      expect(await reasonAt(redis)).toBe('password');
    });

    it('has a key of another type in our place', async () => {
      redis = await startRedis();
      const other = new Redis(redis.url);
      onTestFinished(() => other.disconnect());
      await other.sadd('{rx-groq:default}', 'not ours');
      expect(await reasonAt(redis)).toBe('key_type');
    });

    it('is a replica that takes no writes', async () => {
      redis = await startRedis('--replicaof', '127.0.0.1', `${await freePort()}`);
      expect(await reasonAt(redis)).toBe('read_only');
    });
  });
});

describe('a Redis in trouble', () => {
  let redis: RedisServer;
  afterEach(() => redis.stop());
  const admin = (): Redis => {
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    return client;
  };

  it('forgets the script, and is told it again', async () => {
    redis = await startRedis();
    const client = admin();
    const values = await lastValueFrom(
      range(0, 12).pipe(
        rateWindow(windows, { quota: redisQuota({ url: redis.url }) }),
        tap(value => value === 3 && void client.script('FLUSH')),
        toArray(),
      ),
    );
    expect(values).toHaveLength(12);
  });

  it.each([
    ['with its data', ['--appendonly', 'yes', '--appendfsync', 'always']],
    ['without', []],
  ])('is killed and comes back %s: nothing is lost, and nothing goes over', async (_, args) => {
    redis = await startRedis(...args);
    const went: number[] = [];
    const values = await lastValueFrom(
      range(0, 10).pipe(
        rateWindowMap(
          { limit: 4, per: 3000 },
          (value, permit) => {
            went.push(performance.now());
            permit.acknowledged();
            return of(value);
          },
          { quota: redisQuota({ url: redis.url, leaseMs: 500 }), maxFlight: 100 },
        ),
        tap(value => value === 3 && void redis.kill().then(() => redis.start())),
        toArray(),
      ),
    );
    expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [index, at] of went.entries())
      expect(went.filter(one => one > at - 3000 && one <= at).length, `at ${index}`).toBeLessThanOrEqual(4);
  });

  it('is cut off again and again: nothing is lost, and nothing goes twice', async () => {
    redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const warnings: Error[] = [];
    const warned = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', warned);
    onTestFinished(() => {
      proxy.close();
      process.off('warning', warned);
    });
    // Each connection carries one piece more than that before: first it does not come about, then this and that is lost on the way.
    let cuts = 0;
    let left = Number.POSITIVE_INFINITY;
    proxy.passing = () => {
      if (--left > 0) return;
      left = ++cuts < 24 ? cuts : Number.POSITIVE_INFINITY;
      proxy.drop();
    };
    const values = await lastValueFrom(
      range(0, 30).pipe(
        rateWindow({ limit: 5, per: 200 }, { quota: redisQuota({ url: `redis://127.0.0.1:${proxy.port}` }) }),
        tap(value => {
          // A first connection that is cut at once is another matter: it may be TLS that is missing.
          if (value === 0) left = 1;
        }),
        toArray(),
      ),
    );
    expect(values).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(cuts).toBeGreaterThan(5);
    expect(warnings).toEqual([]);
  });

  it('is full: what waits goes when there is room again', async () => {
    redis = await startRedis('--maxmemory-policy', 'noeviction');
    const client = admin();
    await client.config('SET', 'maxmemory', '1');
    const went = new Subject<number>();
    const all = lastValueFrom(went.pipe(take(3), toArray()));
    of(1, 2, 3)
      .pipe(rateWindow(windows, { quota: redisQuota({ url: redis.url }) }))
      .subscribe(went);
    await expect.poll(async () => (await client.info('errorstats')).includes('errorstat_OOM')).toBe(true);
    await client.config('SET', 'maxmemory', '0');
    expect(await all).toEqual([1, 2, 3]);
  });

  it('is gone for a while: with `local` a share goes on', async () => {
    redis = await startRedis();
    const quota = redisQuota({ url: redis.url, onUnavailable: 'local' });
    const values = await lastValueFrom(
      range(0, 12).pipe(
        rateWindow(windows, { quota }),
        tap(value => value === 3 && void redis.kill()),
        toArray(),
      ),
    );
    expect(values).toHaveLength(12);
  });

  it('has lost a process: the next takes its turn', async () => {
    redis = await startRedis();
    const url = redis.url;
    const script = `
      import { rateWindow } from 'rx-groq';
      import { redisQuota } from 'rx-groq/redis';
      import { range } from 'rxjs';
      range(0, 100).pipe(rateWindow({ limit: 1, per: 300 }, { quota: redisQuota({ url: '${url}' }), priority: 1 }))
        .subscribe(value => value === 1 && process.kill(process.pid, 'SIGKILL'));`;
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })).toThrow();
    const next$ = concat(of('next'), NEVER).pipe(
      rateWindow({ limit: 1, per: 300 }, { quota: redisQuota({ url }), priority: 10 }),
    );
    expect(await firstValueFrom(next$)).toBe('next');
  });
});

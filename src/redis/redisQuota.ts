import { filter, type Observable, switchMap, timer } from 'rxjs';
import { QuotaUnavailableError } from '../errors/index.js';
import type { Quota, QuotaNotice } from '../pacing/index.js';
import { answersWithoutTls } from './answersWithoutTls.js';
import { Connection } from './Connection.js';
import type { IoredisClient, Link, LinkEvents, NodeRedisClient } from './Link.js';
import { RedisCounts } from './RedisCounts.js';
import { speaksPlainly } from './unavailable.js';

/** ms that TLS may take before it is asked whether the other side knows of it. */
const handshake = 500;

export interface RedisQuotaOptions {
  /** `redis://` or `rediss://`; the connection opened from it closes with its client or operator. Needs ioredis or redis. */
  readonly url?: string;
  /** A client of ioredis or node-redis (also a cluster's), in place of `url`. It is not closed. */
  readonly client?: IoredisClient | NodeRedisClient;
  /** Of all keys. Who shares a quota has the same. @default 'rx-groq' */
  readonly prefix?: string;
  /**
   * While Redis can't be reached: `wait`, so that nothing is sent that can't be counted, or `local`, a share of every limit: 1/n, for the
   * last known number n of processes. @default 'wait'
   */
  readonly onUnavailable?: 'wait' | 'local';
  /**
   * ms after which a process that says nothing has lost its place in line, and what has been granted to it must not be sent any more.
   * @default 2000
   */
  readonly leaseMs?: number;
}

/** A quota that is counted in Redis, and what it has to say. */
export interface RedisQuota extends Quota {
  /** Hot: connection lost and found, limits that differ between processes. A client tells them in its `events$`, too. */
  readonly notices$: Observable<QuotaNotice>;
}

/**
 * One quota for many processes and machines, counted in Redis (6.2 or later).
 *
 * ```ts
 * const client = createChatClient(config, { quota: redisQuota({ url: 'redis://127.0.0.1:6379' }) });
 * ```
 * - Priorities hold over all processes; within one, processes take turns by what they use.
 * - What has been granted counts from that moment, in whatever becomes of the process.
 * - A 429 or a header that one hears counts for all; where configs differ, the lowest limit does.
 *
 * **Gotchas** Windows of more than a second let go in steps of a thousandth of their length. `backfill` has no effect. What a request waits
 * for is a forecast from this process's own use.
 * @throws TypeError for options that make no sense
 */
export function redisQuota(options: RedisQuotaOptions): RedisQuota {
  const { url, client, prefix = 'rx-groq', onUnavailable = 'wait', leaseMs = 2000 } = options;
  if ((url === undefined) === (client === undefined)) throw new TypeError('redisQuota: expected either url or client');
  if (url !== undefined && !/^rediss?:\/\//.test(url)) throw new TypeError('url: expected redis://… or rediss://…');
  if (onUnavailable !== 'wait' && onUnavailable !== 'local')
    throw new TypeError(`onUnavailable: expected 'wait' or 'local', got ${String(onUnavailable)}`);
  if (!(leaseMs >= 100 && leaseMs < Number.POSITIVE_INFINITY))
    throw new TypeError(`leaseMs: expected a number of at least 100, got ${String(leaseMs)}`);
  const connection = new Connection(events => (client ? adopt(client, events) : openWatched(url!, events)));
  return {
    notices$: connection.notices$.asObservable(),
    open: (pool, units = []) =>
      new RedisCounts(connection.line(`{${prefix}:${pool}}`, pool), { leaseMs, onUnavailable }, units),
  };
}

/** Also tells where TLS meets a Redis that has none. */
async function openWatched(url: string, events: LinkEvents): Promise<Link> {
  if (!url.startsWith('rediss:')) return open(url, events);
  const watch = timer(handshake)
    .pipe(
      switchMap(() => answersWithoutTls(url)),
      filter(Boolean),
    )
    .subscribe(() => events.failed(speaksPlainly()));
  const stopping =
    <Said extends unknown[]>(tell: (...said: Said) => void) =>
    (...said: Said): void => {
      watch.unsubscribe();
      tell(...said);
    };
  const link = await open(url, { ready: stopping(events.ready), failed: stopping(events.failed) });
  return { ...link, close: stopping(() => link.close()) };
}

async function open(url: string, events: LinkEvents): Promise<Link> {
  try {
    const { openIoredis } = await import('./ioredisLink.js');
    return await openIoredis(url, events);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    const { openNodeRedis } = await import('./nodeRedisLink.js');
    return await openNodeRedis(url, events);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new QuotaUnavailableError('Neither ioredis nor redis is installed: npm install ioredis. Nothing was sent.', {
      reason: 'client',
    });
  }
}

async function adopt(client: IoredisClient | NodeRedisClient, events: LinkEvents): Promise<Link> {
  if ('evalsha' in client) {
    const { ioredisLink } = await import('./ioredisLink.js');
    return ioredisLink(client as never, false, events);
  }
  const { nodeRedisLink } = await import('./nodeRedisLink.js');
  return nodeRedisLink(client as never, false, events);
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
}

import type { Redis, RedisOptions } from 'ioredis';
import { type Link, LinkClosed, type LinkEvents } from './Link.js';
import { script, sha } from './script.js';

/** What is done when the connection goes is decided here, not by ioredis: no command waits in it. */
const options = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 5000,
  socketTimeout: 5000,
  retryStrategy: (times: number) => Math.min(50 * times, 500),
} satisfies RedisOptions;

export function ioredisLink(client: Redis, own: boolean, events: LinkEvents): Link {
  let connected = false;
  let subscriber: Redis | undefined;
  let closed = false;
  const channels = new Map<string, (message: string) => void>();
  const handlers: Record<string, (error?: unknown) => void> = {
    connect: () => {
      connected = true;
    },
    ready: () => events.ready(),
    error: error => events.failed(error),
    close: () => {
      if (!closed) events.failed(new LinkClosed(connected));
      connected = false;
    },
  };
  for (const [name, handler] of Object.entries(handlers)) client.on(name, handler);
  if (client.status === 'ready') events.ready();
  else if (client.status === 'wait') client.connect().catch(() => {}); // told as an event too
  return {
    run: (key, message) =>
      client
        .evalsha(sha, 1, key, message)
        .catch(error => {
          if (!String(error).includes('NOSCRIPT')) throw error;
          return client.eval(script, 1, key, message);
        })
        .then(String),
    async listen(channel, heard) {
      if (!subscriber) {
        subscriber = client.duplicate(own ? { enableOfflineQueue: true, maxRetriesPerRequest: null } : {}) as Redis;
        subscriber.on('error', () => {}); // the other connection has it too
        subscriber.on('message', (from, message) => channels.get(from)?.(message));
      }
      if (channels.has(channel)) return;
      channels.set(channel, heard);
      await subscriber.subscribe(channel).catch(error => {
        channels.delete(channel);
        throw error;
      });
    },
    version: async () => {
      const info = await client.info('server').catch(() => '');
      return /redis_version:(\S+)/.exec(info)?.[1];
    },
    close() {
      closed = true;
      for (const [name, handler] of Object.entries(handlers)) client.off(name, handler);
      client.on('error', () => {});
      subscriber?.disconnect();
      if (own) client.disconnect();
    },
  };
}

export async function openIoredis(url: string, events: LinkEvents): Promise<Link> {
  const { Redis } = await import('ioredis');
  return ioredisLink(new Redis(url, options), true, events);
}

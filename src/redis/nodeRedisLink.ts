import type { createClient } from 'redis';
import type { Link, LinkEvents } from './Link.js';
import { script, sha } from './script.js';

type Client = ReturnType<typeof createClient>;

export function nodeRedisLink(client: Client, own: boolean, events: LinkEvents): Link {
  let subscriber: Client | undefined;
  let opened: Promise<unknown> | undefined;
  const channels = new Set<string>();
  const stopWatching = 'nodeClient' in client ? watchCluster(client, events) : watchClient(client, events);
  return {
    async run(key, message) {
      const given = { keys: [key], arguments: [message] };
      try {
        return String(await client.evalSha(sha, given));
      } catch (error) {
        if (!String(error).includes('NOSCRIPT')) throw error;
        return String(await client.eval(script, given));
      }
    },
    async listen(channel, heard) {
      if (channels.has(channel)) return;
      channels.add(channel);
      try {
        if (!subscriber) {
          subscriber = client.duplicate();
          subscriber.on('error', () => {}); // the other connection has it too
        }
        opened ??= subscriber.connect();
        await opened;
        await subscriber.subscribe(channel, heard);
      } catch (error) {
        if (!subscriber?.isOpen) opened = undefined;
        channels.delete(channel);
        throw error;
      }
    },
    version: async () => /redis_version:(\S+)/.exec(await client.info('server').catch(() => ''))?.[1],
    close() {
      stopWatching();
      client.on('error', () => {});
      if (subscriber?.isOpen) subscriber.destroy();
      if (own && client.isOpen) client.destroy();
    },
  };
}

function watchClient(client: Client, events: LinkEvents): () => void {
  const ready = (): void => events.ready();
  const failed = (error: unknown): void => events.failed(error);
  client.on('ready', ready);
  client.on('error', failed);
  if (client.isReady) ready();
  else if (!client.isOpen) client.connect().catch(failed);
  return () => {
    client.off('ready', ready);
    client.off('error', failed);
  };
}

/** A cluster's client says `connect` when it knows the nodes, and from then on looks after them itself: a step that fails is taken again. */
function watchCluster(cluster: Client, events: LinkEvents): () => void {
  let known = false;
  const ready = (): void => {
    known = true;
    events.ready();
  };
  const failed = (error: unknown): void => {
    if (!known) events.failed(error);
  };
  cluster.on('connect', ready);
  cluster.on('error', failed);
  if (!cluster.isOpen) cluster.connect().catch(failed);
  else if (cluster.isReady !== false) ready(); // version 4 does not say
  return () => {
    cluster.off('connect', ready);
    cluster.off('error', failed);
  };
}

export async function openNodeRedis(url: string, events: LinkEvents): Promise<Link> {
  const redis = await import('redis');
  const client = redis.createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: 5000, reconnectStrategy: times => Math.min(50 * (times + 1), 500) },
  });
  return nodeRedisLink(client as Client, true, events);
}

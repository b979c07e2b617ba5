import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { redisQuota } from 'rx-groq/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { quotaContract } from '../pacing/quotaContract.js';
import { type RedisServer, startRedis } from './redisServer.js';

// Most of the time they wait for windows, each for its own.
describe.concurrent('the quota in Redis', () => {
  let redis: RedisServer;
  let fresh = 0;
  const letGo: (() => void)[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    for (const close of letGo) close();
    await redis.stop();
  });

  describe('by its URL', () =>
    quotaContract(() => {
      const prefix = `url ${fresh++}`;
      return () => redisQuota({ url: redis.url, prefix });
    }));

  describe('with a client of ioredis', () =>
    quotaContract(() => {
      const prefix = `ioredis ${fresh++}`;
      return () => {
        const client = new Redis(redis.url);
        letGo.push(() => client.disconnect());
        return redisQuota({ client, prefix });
      };
    }));

  describe('with a client of node-redis', () =>
    quotaContract(() => {
      const prefix = `node-redis ${fresh++}`;
      return () => {
        const client = createClient({ url: redis.url });
        letGo.push(() => client.destroy());
        return redisQuota({ client, prefix });
      };
    }));
});

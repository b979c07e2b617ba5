import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { type RedisServer, startRedis } from './redisServer.js';

/** A Redis for all the tests of this suite, and a connection to look into it. */
export function watchedRedis(): { readonly url: string; readonly admin: Redis } {
  let redis: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });
  return {
    get url() {
      return redis.url;
    },
    get admin() {
      return admin;
    },
  };
}

import { Cluster, Redis } from 'ioredis';
import { createCluster } from 'redis';
import { rateWindow } from 'rx-groq';
import { type RedisQuotaOptions, redisQuota } from 'rx-groq/redis';
import { lastValueFrom, merge, type Observable, range, tap, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type RedisCluster, startCluster } from './redisCluster.js';

type Client = NonNullable<RedisQuotaOptions['client']>;

describe('a cluster of three', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  const clients: Record<string, () => Client> = {
    ioredis() {
      const client = new Cluster([...cluster.nodes]);
      onTestFinished(() => client.disconnect());
      return client;
    },
    'node-redis'() {
      const client = createCluster({
        rootNodes: cluster.nodes.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` })),
      });
      onTestFinished(() => client.destroy());
      return client;
    },
  };

  it.each(Object.keys(clients))('counts by a client of %s, each model on one node', async name => {
    const window = { limit: 4, per: 200 };
    const models = ['llama', 'gpt-oss', 'qwen', 'kimi'];
    const went: { readonly model: string; readonly at: number }[] = [];
    const paced = (model: string): Observable<unknown> =>
      range(0, 10).pipe(
        rateWindow(window, { quota: redisQuota({ client: clients[name]!(), prefix: name }), pool: model }),
        tap(() => went.push({ model, at: performance.now() })),
      );
    await lastValueFrom(merge(...models.flatMap(model => [paced(model), paced(model)])).pipe(toArray()));
    for (const model of models) {
      const times = went.filter(one => one.model === model).map(({ at }) => at);
      expect(times).toHaveLength(20);
      for (const at of times)
        expect(times.filter(one => one > at - window.per && one <= at).length).toBeLessThanOrEqual(4);
    }
    // Each model has a tag of its own, and all its keys stand where that says.
    const keys = await Promise.all(cluster.nodes.map(({ port }) => keysOf(port, `{${name}:*`)));
    const tags = keys.map(some => new Set(some.map(key => /\{(.*)\}/.exec(key)![1])));
    expect(tags.flatMap(some => [...some]).toSorted()).toEqual(models.map(model => `${name}:${model}`).toSorted());
    expect(tags.filter(some => some.size > 0).length).toBeGreaterThan(1);
  });
});

async function keysOf(port: number, pattern: string): Promise<string[]> {
  const node = new Redis(port);
  const keys = await node.keys(pattern);
  node.disconnect();
  return keys;
}

import { Redis } from 'ioredis';
import { type ChatClient, createChatClient } from 'rx-groq';
import { redisQuota } from 'rx-groq/redis';
import { firstValueFrom, Observable } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { wholeAnswer } from '../client/harness.js';
import { startRedis } from './redisServer.js';

it('with `local` a Redis that takes no writes for a while is still there: nobody has all wait for what went without it', async () => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  const clientOf = (): ChatClient =>
    createChatClient(
      { m: { base_url: 'http://server.test/v1', windows: [{ limit: 1000, per: '1m' }] } },
      {
        quota: redisQuota({ url: redis.url, onUnavailable: 'local' }),
        transport: () =>
          new Observable(subscriber => {
            subscriber.next({ status: 200, headers: { 'content-type': 'application/json' } });
            subscriber.next(new TextEncoder().encode(wholeAnswer('x')));
            subscriber.complete();
          }),
      },
    );
  const [one, other] = [clientOf(), clientOf()];
  onTestFinished(async () => {
    one.close();
    other.close();
    admin.disconnect();
    await redis.stop();
  });
  const ask = (client: ChatClient): Promise<unknown> =>
    firstValueFrom(client.complete({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: false }));
  await ask(one);
  await ask(other);
  await ask(one); // which knows by now that there are two
  await admin.replicaof('127.0.0.1', 1);
  await expect(ask(one)).rejects.toMatchObject({ kind: 'quota_unavailable', reason: 'read_only' });
  await admin.replicaof('NO', 'ONE');
  const answered = (): Promise<boolean> =>
    ask(one).then(
      () => true,
      () => false,
    );
  await expect.poll(answered).toBe(true);
  const state = "cmsgpack.unpack(redis.call('GET', redis.call('KEYS', '{rx-groq:*}')[1]))";
  expect(await admin.eval(`return tostring(${state}.held)`, 0)).toBe('0');
});

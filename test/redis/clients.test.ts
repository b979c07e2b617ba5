import { once } from 'node:events';
import { type ChatClient, type ChatEvent, createChatClient, type ModelConfig, type QuotaNotice } from 'rx-groq';
import { redisQuota } from 'rx-groq/redis';
import { filter, firstValueFrom, map, Observable } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../src/simulator/index.js';
import { wholeAnswer } from '../client/harness.js';
import { watchedRedis } from './watchedRedis.js';
import { type Said, startWorker } from './worker.js';

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

describe('clients of one quota, each with a connection of its own', () => {
  const redis = watchedRedis();
  let fresh = 0;

  /** Their network gives these replies in turn, then answers; `sent` is when each went. */
  const clientsOf = (
    configs: readonly [ModelConfig, ModelConfig],
    replies: Reply[] = [],
  ): { readonly a: ChatClient; readonly b: ChatClient; readonly sent: number[]; readonly prefix: string } => {
    const prefix = `clients ${fresh++}`;
    const sent: number[] = [];
    const [a, b] = configs.map(config => {
      const client = createChatClient(
        { m: { base_url: 'https://api.groq.com/openai/v1', api_key: 'k', ...config } },
        {
          quota: redisQuota({ url: redis.url, prefix }),
          tokenCounter: () => 0,
          transport: () =>
            new Observable(subscriber => {
              sent.push(performance.now());
              const { status = 200, headers = {}, body = wholeAnswer('Yes') } = replies.shift() ?? {};
              subscriber.next({ status, headers: { 'content-type': 'application/json', ...headers } });
              subscriber.next(new TextEncoder().encode(body));
              subscriber.complete();
            }),
        },
      );
      onTestFinished(() => void client.close());
      return client;
    }) as [ChatClient, ChatClient];
    return { a, b, sent, prefix };
  };
  const ask = (client: ChatClient, cap = 1): Promise<unknown> =>
    firstValueFrom(
      client.complete({
        model: 'm',
        messages: [{ role: 'user', content: '?' }],
        max_completion_tokens: cap,
        stream: false,
      }),
    );
  const told = <Type extends ChatEvent['type']>(client: ChatClient, type: Type) =>
    firstValueFrom(client.events$.pipe(filter(event => event.type === type)));
  const noticed = (client: ChatClient): Promise<QuotaNotice> =>
    firstValueFrom(
      client.events$.pipe(
        filter(event => event.type === 'quota'),
        map(({ notice }) => notice),
        filter(({ type }) => type === 'limits_differ'),
      ),
    );
  /** What of the pool's state this expression gives. */
  const inRedis = (prefix: string, expression: string): Promise<unknown> =>
    redis.admin.eval(
      `local S = cmsgpack.unpack(redis.call('GET', redis.call('KEYS', '{${prefix}:*}')[1])) return tostring(${expression})`,
      0,
    );

  it('all wait where one is told to', async () => {
    const message = 'Rate limit reached for model `m`. Please try again in 700ms.';
    const refusal = { status: 429, body: JSON.stringify({ error: { message } }) };
    const { a, b, sent, prefix } = clientsOf([{}, {}], [{}, {}, refusal]);
    await Promise.all([ask(a), ask(b)]);
    const refused = told(a, 'refused');
    const again = ask(a);
    await refused;
    await expect.poll(() => inRedis(prefix, 'S.held > 0')).toBe('true');
    await Promise.all([again, ask(b)]);
    expect(sent).toHaveLength(5);
    // It heard that after it had sent; clocks differ by less than 5 ms.
    for (const at of sent.slice(3)) expect(at - sent[2]!).toBeGreaterThanOrEqual(695);
  });

  it('all have as little left as one is told', async () => {
    const config = { token_per_minute: 60_000 } as const; // one each ms
    const headers = {
      'x-ratelimit-limit-tokens': '60000',
      'x-ratelimit-remaining-tokens': '300',
      'x-ratelimit-reset-tokens': '59.7s',
    };
    const { a, b, sent, prefix } = clientsOf([config, config], [{}, {}, { headers }]);
    await Promise.all([ask(a), ask(b)]);
    await ask(a);
    await expect.poll(() => inRedis(prefix, 'S.windows[1].debt / S.windows[1].p > 50000')).toBe('true');
    await ask(b, 1000);
    expect(sent).toHaveLength(4);
    expect(sent[3]! - sent[2]!).toBeGreaterThanOrEqual(695);
    expect(b.limits('m').windows[0]!.used).toBeGreaterThan(50_000);
  });

  it('the lowest of limits that differ counts, and each is told both', async () => {
    const { a, b } = clientsOf([{ req_per_minute: 9 }, { req_per_minute: 4 }]);
    const notices = [noticed(a), noticed(b)];
    await ask(a);
    await ask(b);
    await ask(a); // which had its own limit until now
    const spread = { type: 'limits_differ', pool: expect.any(String), lowest: 4, highest: 9 };
    const [forA, forB] = await Promise.all(notices);
    expect(forA).toMatchObject({ ...spread, window: { unit: 'requests', per: 60_000, limit: 9 } });
    expect(forB).toMatchObject({ ...spread, window: { unit: 'requests', per: 60_000, limit: 4 } });
    for (const client of [a, b]) {
      expect(client.limits('m')).toMatchObject({ minute_limit: 4 });
      expect(await firstValueFrom(client.limits$('m'))).toMatchObject({ minute_limit: 4 });
    }
  });

  it('processes wait where another is told to, and none is refused for the same reason', async () => {
    const per = 2000;
    const simulator = await startSimulator({
      limits: { 'openai/gpt-oss-20b': { rpm: 1, tpm: -1, rpd: -1, tpd: -1 } },
      timeScale: 60_000 / per,
      tokensPerSecond: Infinity,
      countTokens: () => 0,
    });
    onTestFinished(() => simulator.close());
    const said: Said[] = [];
    const all = { redis: redis.url, base: simulator.url, windows: [{ limit: 1, per, kind: 'bucket' }], tokens: [1] };
    const start = (name: string, prompts: number): void => {
      const worker = startWorker({ ...all, name, prompts }, one => said.push(one));
      onTestFinished(async () => {
        const exit = once(worker, 'exit');
        worker.kill('SIGKILL');
        await exit;
      });
    };
    const times = (what: Said['what'], who: string): number[] =>
      said.filter(one => one.what === what && one.name === who).map(({ at }) => at);
    // Somebody who shares the key and not the quota has taken all that there is, just before whoever comes first.
    const now = (): number => performance.timeOrigin + performance.now();
    let from = Number.NaN;
    const match = (): boolean => {
      from ||= now();
      return now() < from + per;
    };
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: per, times: 9, match });
    start('a', 1);
    await expect.poll(() => times('refused', 'a').length).toBe(1);
    start('b', 1);
    for (const name of ['a', 'b']) await expect.poll(() => times('completed', name).length).toBe(1);
    expect(simulator.stats()).toMatchObject({ faults: 1, refused: 0 });
    for (const name of ['a', 'b']) expect(times('sent', name).at(-1)! - from).toBeGreaterThanOrEqual(per);
  });
});

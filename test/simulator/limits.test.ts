import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Counting, SimulatedRequest, Simulator } from '../../src/simulator/index.js';
import { ask, GPT, INSTANT, post, send, simulate, statusOf } from './harness.js';

const UPGRADE = 'Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing';
const where = (words: string, tier = 'on_demand'): string =>
  `for model \`${GPT}\` in organization \`org_01simulated000000000000000\` service tier \`${tier}\` on ${words}`;

/** What the plainest reading of the quota says to requests counted at these instants. */
function replay(log: readonly SimulatedRequest[], counting: Counting, limit: number, per: number): boolean[] {
  const admitted: number[] = [];
  let level = 0;
  let last = 0;
  return [...log]
    .sort((a, b) => a.counted! - b.counted!)
    .map(({ counted }) => {
      const now = counted!;
      level = Math.max(0, level - ((now - last) * limit) / per);
      last = now;
      const used = {
        bucket: level,
        sliding: admitted.filter(at => at > now - per).length,
        fixed: admitted.filter(at => Math.floor(at / per) === Math.floor(now / per)).length,
      }[counting];
      if (used + 1 > limit + 1e-6) return false;
      admitted.push(now);
      level += 1;
      return true;
    });
}

const sorted = (simulator: Simulator): SimulatedRequest[] =>
  [...simulator.requests()].sort((a, b) => a.counted! - b.counted!);

describe.each(['bucket', 'sliding', 'fixed'] as const)('counting %s', counting => {
  // Of a day, as a bucket of 30 a minute has another one after 2 s, which a busy machine may take.
  it('35 requests of 30 a day at once: 30 are answered, 5 refused', async () => {
    const simulator = await simulate({ ...INSTANT, counting, limits: { [GPT]: { rpm: -1, rpd: 30, tpm: -1 } } });
    const statuses = await Promise.all(Array.from({ length: 35 }, () => statusOf(post(simulator, ask()))));
    expect(statuses.filter(status => status === 200)).toHaveLength(30);
    expect(statuses.filter(status => status === 429)).toHaveLength(5);
    expect(simulator.stats().models[GPT]).toMatchObject({
      requests: 35,
      admitted: 30,
      refused: 5,
      refusedBy: { rpd: 5 },
      completed: 30,
      open: 0,
    });
  });

  it('of 35 that come back when told, the last five are counted when the quota has room and never before', async () => {
    const timeScale = 40;
    const per = 60_000 / timeScale;
    const simulator = await simulate({ counting, timeScale, limits: { [GPT]: { tpm: -1, rpd: -1, tpd: -1 } } });
    const persist = async (): Promise<void> => {
      for (let tries = 0; ; tries++) {
        const { status, json } = await send(simulator, ask());
        if (status === 200) return;
        expect(status).toBe(429);
        expect(tries).toBeLessThan(10);
        await pause(waitOf(json.error.message));
      }
    };
    await Promise.all(Array.from({ length: 35 }, persist));

    const log = sorted(simulator);
    expect(log.map(({ status }) => status === 200)).toEqual(replay(log, counting, 30, per));
    const admitted = log.filter(({ status }) => status === 200).map(request => request.counted!);
    expect(admitted).toHaveLength(35);
    const took = admitted[34]! - admitted[0]!;
    if (counting === 'bucket') expect(took).toBeGreaterThan((5 / 30) * per - 1);
    if (counting === 'sliding') expect(took).toBeGreaterThan(per - 1);
    if (counting === 'fixed') expect(Math.floor(admitted[34]! / per)).toBeGreaterThan(Math.floor(admitted[0]! / per));
    expect(simulator.stats().models[GPT]!.windows[0]!.peak).toBeLessThanOrEqual(30);
  });

  it('an unpaced client over several windows is refused exactly where the plain rule refuses', async () => {
    const timeScale = 200;
    const simulator = await simulate({
      counting,
      timeScale,
      delayBefore: [0, 30],
      delayAfter: [0, 5],
      tokensPerSecond: Infinity,
      limits: { [GPT]: { rpm: 5, tpm: -1, rpd: -1, tpd: -1 } }, // so few that four at a time are too many on a busy machine, too
    });
    const one = async (): Promise<void> => {
      for (let count = 0; count < 25; count++) await statusOf(post(simulator, ask()));
    };
    await Promise.all([one(), one(), one(), one()]);
    const log = sorted(simulator);
    expect(log).toHaveLength(100);
    expect(log.map(({ status }) => status === 200)).toEqual(replay(log, counting, 5, 60_000 / timeScale));
    expect(log.some(({ status }) => status === 429)).toBe(true);
  });
});

describe('a refusal', () => {
  const full = async (limits: object, body = ask()) => {
    const simulator = await simulate({ ...INSTANT, limits: { [GPT]: limits } });
    expect((await send(simulator, body)).status).toBe(200);
    return { simulator, reply: await send(simulator, body) };
  };
  // "What is 7+7?" is 78 tokens here, with its cap of 50 it asks for 128.

  it.each([
    ['rpm', { rpm: 1 }, 'requests per minute (RPM)', 'requests', 1, 60_000],
    ['rpd', { rpd: 1 }, 'requests per day (RPD)', 'requests', 1, 86_400_000],
    ['tpm', { tpm: 200 }, 'tokens per minute (TPM)', 'tokens', 128, 60_000],
    ['tpd', { tpd: 200 }, 'tokens per day (TPD)', 'tokens', 128, 86_400_000],
    ['itpm', { itpm: 100 }, 'input tokens per minute (ITPM)', 'tokens', 78, 60_000],
    ['otpm', { otpm: 60 }, 'output tokens per minute (OTPM)', 'tokens', 50, 60_000],
  ] as const)(
    'by %s says so in Groq’s words, with the wait to the ms',
    async (kind, limits, words, type, asked, per) => {
      const { simulator, reply } = await full(limits);
      const limit = Object.values(limits)[0]!;
      const [first, second] = simulator.requests();
      // The bucket has drained for the time between the two countings.
      const used = asked - ((second!.counted! - first!.counted!) * limit) / per;
      const wait = Math.ceil(((used + asked - limit) * per) / limit - 1e-6);
      const { message, type: shown, code } = reply.json.error;
      expect(reply.status).toBe(429);
      expect(message).toMatch(
        `Rate limit reached ${where(words)}: Limit ${limit}, Used ${Math.ceil(used - 1e-6)}, Requested ${asked}. Please try again in `,
      );
      expect(message.endsWith(`. ${UPGRADE}`)).toBe(true);
      expect(waitOf(message)).toBe(wait);
      expect([shown, code]).toEqual([type, 'rate_limit_exceeded']);
      expect(reply.headers.get('retry-after')).toBe(String(Math.ceil(wait / 1000)));
      expect(second).toMatchObject({ outcome: 'refused', refusedBy: kind, status: 429 });
    },
  );

  it('costs nothing', async () => {
    const { simulator } = await full({ rpm: 1 });
    await send(simulator, ask());
    const { windows, refused } = simulator.stats().models[GPT]!;
    expect(refused).toBe(2);
    expect(windows.find(({ kind }) => kind === 'tpd')!.used).toBeLessThanOrEqual(128);
    expect(windows.find(({ kind }) => kind === 'rpd')!.used).toBeLessThanOrEqual(1);
  });

  it('is 413 for a request larger than a whole window, with a retry-after that means nothing and full windows', async () => {
    const simulator = await simulate();
    const { status, json, headers } = await send(simulator, ask('hello', { max_completion_tokens: 8000 }));
    expect(status).toBe(413);
    expect(json.error).toEqual({
      message: `Request too large ${where('tokens per minute (TPM)')}: Limit 8000, Requested 8072, please reduce your message size and try again. ${UPGRADE}`,
      type: 'tokens',
      code: 'rate_limit_exceeded',
    });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(headers.get('x-ratelimit-remaining-tokens')).toBe('8000');
    expect(simulator.stats()).toMatchObject({ tooLarge: 1, refused: 0, admitted: 0 });
  });

  it('is 429 without retry-after where the output alone is larger than OTPM', async () => {
    const simulator = await simulate();
    const body = ask('hello', { model: 'qwen/qwen3.8-27b', max_completion_tokens: 1001 });
    const { status, json, headers } = await send(simulator, body);
    expect(status).toBe(429);
    expect(json.error.message).toContain(
      "on output tokens per minute (OTPM): Limit 1000, Requested 1001. The request's expected output tokens exceed the enforced limit; reduce max_tokens (or the request's expected output) and try again.",
    );
    expect(headers.get('retry-after')).toBeNull();
  });

  it('names the service tier that was asked for', async () => {
    const { reply } = await full({ rpm: 1 }, ask('hello', { service_tier: 'flex' }));
    expect(reply.json.error.message).toContain('service tier `flex`');
  });
});

describe('the headers of an answer', () => {
  it('are the day’s requests and the minute’s tokens at the instant of counting', async () => {
    const { headers } = await send(await simulate(), ask('hello', { max_completion_tokens: 8 }));
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-ratelimit-limit-requests': '1000',
      'x-ratelimit-remaining-requests': '999',
      'x-ratelimit-reset-requests': '1m26.4s',
      'x-ratelimit-limit-tokens': '8000',
      'x-ratelimit-remaining-tokens': '7920',
      'x-ratelimit-reset-tokens': '600ms',
      'x-groq-region': 'simulator',
    });
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
    expect(headers.has('retry-after')).toBe(false);
  });

  it('tell real time under a time scale', async () => {
    const simulator = await simulate({ ...INSTANT, timeScale: 12 });
    const { headers } = await send(simulator, ask('hello', { max_completion_tokens: 8 }));
    expect(headers.get('x-ratelimit-reset-requests')).toBe('7.2s');
    expect(headers.get('x-ratelimit-reset-tokens')).toBe('50ms');
  });

  it('are left out when switched off, but for retry-after', async () => {
    const simulator = await simulate({ ...INSTANT, headers: false, limits: { '*': { rpm: 1 } } });
    const names = [await send(simulator, ask()), await send(simulator, ask())].map(({ headers }) => [
      ...headers.keys(),
    ]);
    expect(names.flat().filter(name => name.startsWith('x-ratelimit'))).toEqual([]);
    expect(names.map(each => each.includes('retry-after'))).toEqual([false, true]);
  });

  it('are not on errors that have nothing to do with quotas, nor on the models', async () => {
    const simulator = await simulate();
    const wrong = await send(simulator, ask('hello', { n: 2 }));
    const models = await fetch(`${simulator.url}/models`, { headers: { authorization: 'Bearer x' } });
    await models.text();
    expect([...wrong.headers.keys(), ...models.headers.keys()].filter(name => name.startsWith('x-rate'))).toEqual([]);
  });
});

describe('the instant of counting', () => {
  it('is between arrival and head, at random within the two delays', async () => {
    const simulator = await simulate({
      delayBefore: [10, 40],
      delayAfter: [5, 30],
      limits: { '*': { rpm: -1, tpm: -1 } },
    });
    await Promise.all(Array.from({ length: 40 }, () => statusOf(post(simulator, ask()))));
    const before = simulator.requests().map(({ arrival, counted }) => counted! - arrival);
    const after = simulator.requests().map(({ counted, head }) => head! - counted!);
    expect(Math.min(...before)).toBeGreaterThanOrEqual(10);
    expect(Math.min(...after)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...before) - Math.min(...before)).toBeGreaterThan(10);
  });
});

describe('use', () => {
  const tpmUsed = (simulator: Simulator): number =>
    simulator.stats().models[GPT]!.windows.find(({ kind }) => kind === 'tpm')!.used;
  const slow = { ...INSTANT, counting: 'sliding' } as const;

  it('is prompt and cap without refund, what was used with refund', async () => {
    const kept = await simulate(slow);
    await send(kept, ask());
    expect(tpmUsed(kept)).toBe(128);
    const refunded = await simulate({ ...slow, refund: true });
    await send(refunded, ask());
    expect(tpmUsed(refunded)).toBe(82);
  });

  it('counted at the end is nothing until then', async () => {
    const simulator = await simulate({ ...slow, countAt: 'end', tokensPerSecond: 100 });
    const response = await post(simulator, ask('hello', { stream: true }));
    expect(tpmUsed(simulator)).toBe(0);
    await response.text();
    const { used } = simulator.requests()[0]!;
    expect(tpmUsed(simulator)).toBe(used.input + used.output);
  });

  it('without a cap reserves what the option says', async () => {
    const simulator = await simulate({ ...slow, reserveWithoutCap: 300 });
    await send(simulator, ask('What is 7+7?', { max_completion_tokens: undefined }));
    expect(tpmUsed(simulator)).toBe(378);
  });

  it('can be counted by a tokenizer of one’s own', async () => {
    const simulator = await simulate({ ...slow, countTokens: messages => 1000 * messages.length });
    expect((await send(simulator, ask())).json.usage.prompt_tokens).toBe(1000);
    expect(tpmUsed(simulator)).toBe(1050);
  });
});

describe('setLimits', () => {
  it('takes effect at once and keeps what has been counted', async () => {
    const simulator = await simulate({ ...INSTANT, limits: { [GPT]: { rpm: 1 } } });
    await send(simulator, ask());
    expect((await send(simulator, ask())).status).toBe(429);
    simulator.setLimits(GPT, { rpm: 2 });
    expect((await send(simulator, ask())).status).toBe(200);
    expect((await send(simulator, ask())).status).toBe(429);
    simulator.setLimits('*', { rpm: -1 });
    expect((await send(simulator, ask())).status).toBe(200);
  });

  it('adds a model that is not known and brings a retired one back', async () => {
    const simulator = await simulate({ ...INSTANT, limits: { 'my-model': { rpm: 1 } } });
    expect((await send(simulator, ask('hello', { model: 'my-model' }))).status).toBe(200);
    expect((await send(simulator, ask('hello', { model: 'my-model' }))).status).toBe(429);
    expect((await send(simulator, ask('hello', { model: 'llama-3.1-8b-instant' }))).status).toBe(404);
    simulator.setLimits('llama-3.1-8b-instant', {});
    const { status, headers } = await send(simulator, ask('hello', { model: 'llama-3.1-8b-instant' }));
    expect([status, headers.get('x-ratelimit-limit-requests')]).toEqual([200, '14400']);
  });

  it('refuses a window that does not exist', async () => {
    const simulator = await simulate();
    expect(() => simulator.setLimits(GPT, { rps: 1 } as object)).toThrow('unknown window "rps"');
    expect(() => simulator.setLimits(GPT, { rpm: '30' } as object)).toThrow('rpm must be a number');
  });
});

/** "Please try again in 1m2.5s." → 62500 */
function waitOf(message: string): number {
  const text = /Please try again in (\S+)\. /.exec(message)![1]!;
  const sizes: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const parts = [...text.matchAll(/([\d.]+)(ms|h|m|s)/g)];
  return Math.round(parts.reduce((sum, [, value, unit]) => sum + Number(value) * sizes[unit!]!, 0));
}

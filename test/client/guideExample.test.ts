import { createChatClient } from 'rx-groq';
import { type Counting, startSimulator } from 'rx-groq/simulator';
import { from, lastValueFrom, range, toArray } from 'rxjs';
import { map } from 'rxjs/operators';
import { describe, expect, test } from 'vitest';
import { ask, clientFor, configFor, FREE, MODEL } from './harness.js';
import { noteLostTime } from './lostTime.js';

/** The guide's example, time-lapsed: 35 requests under a limit of 30 a minute, with 5 to 40 ms of jitter each way. */
const timeScale = 10;
const minute = 60_000 / timeScale;
/** The server's answer is waited for, however busy the machine that they share: what is not heard of for maxFlight is taken as counted. */
const patient = { maxFlight: 60_000 };

async function send35(counting: Counting, kind: 'bucket' | 'sliding') {
  await using simulator = await startSimulator({
    ...FREE,
    counting,
    timeScale,
    limits: { [MODEL]: { rpm: 30, rpd: -1, tpm: -1, tpd: -1 } },
    delayBefore: [5, 40],
    delayAfter: [5, 40],
  });
  await using client = createChatClient(configFor(simulator, { windows: [{ limit: 30, per: minute, kind }] }), patient);
  const requests = Array.from({ length: 35 }, (_, index) => ask(`What is ${index}+1?`));
  let admitted = 0;
  client.events$.subscribe(({ type }) => {
    if (type === 'admitted') admitted++;
  });
  const lostTime = noteLostTime();
  const answers = lastValueFrom(from(requests).pipe(client.completeEach(), toArray()));
  const atOnce = admitted;
  const results = await answers;
  const lost = (lostTime() * timeScale) / 1000;
  const counted = simulator.requests().map(request => request.counted ?? Number.NaN);
  const first = Math.min(...counted);
  return {
    atOnce,
    refused: simulator.stats().refused,
    answered: results.filter(({ ok }) => ok).length,
    /** Scaled s that the machine had for others. */
    lost,
    /** Scaled s from the first counting to each, in order. */
    seconds: counted.map(at => ((at - first) * timeScale) / 1000).sort((a, b) => a - b),
  };
}

describe('35 requests at 30 a minute', () => {
  test('a bucket is through after 10 s, not 60: 30 at once, then one every 2 s', async () => {
    const { atOnce, refused, answered, seconds, lost } = await send35('bucket', 'bucket');
    expect({ atOnce, refused, answered }).toEqual({ atOnce: 30, refused: 0, answered: 35 });
    expect(seconds[34]).toBeGreaterThan(9.9);
    expect(seconds[34]! - lost).toBeLessThan(40);
  });

  test.concurrent.for(['bucket', 'sliding', 'fixed'] as const)(
    'a sliding window is through after 60 s, 30 at once and 5 when it opens, on a server that counts by %s',
    async (counting, { expect }) => {
      const { atOnce, refused, answered, seconds, lost } = await send35(counting, 'sliding');
      expect({ atOnce, refused, answered }).toEqual({ atOnce: 30, refused: 0, answered: 35 });
      expect(seconds[30]).toBeGreaterThan(59.9);
      expect(seconds[34]! - lost).toBeLessThan(120);
    },
  );

  // In real time, since the original keys speak of minutes: 60 of a minute, and 2 more.
  test('the original keys make a bucket of the groq dialect', async () => {
    await using simulator = await startSimulator({ ...FREE, limits: { [MODEL]: { rpm: 60 } } });
    await using client = createChatClient(configFor(simulator, { req_per_minute: 60 }), patient);
    expect(client.limits(MODEL).windows).toMatchObject([{ unit: 'requests', kind: 'bucket', limit: 60, per: 60_000 }]);
    const requests = range(62).pipe(map(() => ask()));
    const results = await lastValueFrom(requests.pipe(client.completeEach(), toArray()));
    expect(results.filter(({ ok }) => ok)).toHaveLength(62);
    expect(simulator.stats()).toMatchObject({ refused: 0, completed: 62 });
    const arrivals = simulator.requests().map(({ arrival }) => arrival);
    expect(arrivals.at(-1)! - arrivals[0]!).toBeLessThan(30_000); // not 60_000, as of a sliding window
  });
});

test('and a sliding window of every other server', async () => {
  const client = clientFor({ url: 'http://127.0.0.1:1/v1' }, { dialect: 'openai', req_per_minute: 60 });
  expect(client.limits(MODEL).windows).toMatchObject([{ kind: 'sliding', limit: 60, per: 60_000 }]);
});

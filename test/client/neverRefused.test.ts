import { performance } from 'node:perf_hooks';
import { type ChatRequest, createChatClient } from 'rx-groq';
import { type Counting, type Range, startSimulator } from 'rx-groq/simulator';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { KEY, MODEL } from './harness.js';
import { noteLostTime } from './lostTime.js';

/*
 * Promise 1 on the server's clock: whatever way a server counts, with whatever delay before and after, with the kind of window that
 * fits it refuses nothing; and promise 2: that is not bought with waiting. The simulator is the judge: it counts by itself.
 */

interface Cell {
  readonly counting: Counting;
  readonly kind: 'bucket' | 'sliding';
  readonly headers: boolean;
  readonly refund: boolean;
  readonly countAt: 'head' | 'end';
  readonly delayBefore: Range;
  readonly delayAfter: Range;
}

const both = [false, true];
const delays: readonly Pick<Cell, 'delayBefore' | 'delayAfter'>[] = [
  { delayBefore: [0, 0], delayAfter: [0, 0] },
  { delayBefore: [2, 20], delayAfter: [2, 20] },
  { delayBefore: [30, 120], delayAfter: [0, 5] },
  { delayBefore: [0, 5], delayAfter: [30, 120] },
];
const kinds: readonly Pick<Cell, 'counting' | 'kind'>[] = [
  { counting: 'bucket', kind: 'bucket' },
  { counting: 'bucket', kind: 'sliding' },
  { counting: 'sliding', kind: 'sliding' },
  { counting: 'fixed', kind: 'sliding' },
];

const timeScale = 60;
/** ms */
const minute = 60_000 / timeScale;
const limits = { rpm: 20, tpm: 1000 };

/** Thirty requests that cost 20 to 60 tokens, all of it reserved: first the tokens bind, then the number. */
const requests: readonly ChatRequest[] = Array.from({ length: 30 }, (_, index) => ({
  model: MODEL,
  messages: [{ role: 'user', content: 'x'.repeat(index < 15 ? 30 : 10) }],
  max_completion_tokens: index < 15 ? 30 : 10,
}));
const tokensOf = (messages: readonly { content?: unknown }[]): number => String(messages[0]?.content).length;

/** The least time, in ms, between the first and the last counting: what no client can do better. */
function ideal(kind: Cell['kind']): number {
  const tokens = requests.reduce((sum, { messages, max_completion_tokens }) => {
    return sum + tokensOf(messages) + (max_completion_tokens ?? 0);
  }, 0);
  const shares = [requests.length / limits.rpm, tokens / limits.tpm];
  return Math.max(...shares.map(share => (kind === 'bucket' ? share - 1 : Math.ceil(share) - 1))) * minute;
}

/** Far above what a cell may take, so that each wait for an acknowledgement that never comes shows. */
const maxFlight = 60_000;

/**
 * ms between the first and the last counting that are allowed: twice the ideal, as a window of uneven requests can't be filled to the last
 * token; and with it the way there and back, and the time for which the thread was `busy` that the server and eight clients share, or
 * did not run.
 */
function allowed({ kind, delayBefore, delayAfter }: Pick<Cell, 'kind' | 'delayBefore' | 'delayAfter'>, busy: number) {
  return 2 * (ideal(kind) + delayBefore[1] + delayAfter[1] + busy);
}

async function run({ kind, ...server }: Cell): Promise<{ refused: number; answered: number; took: number }> {
  await using simulator = await startSimulator({
    ...server,
    limits: { [MODEL]: { ...limits, rpd: -1, tpd: -1 } },
    timeScale,
    tokensPerSecond: Number.POSITIVE_INFINITY,
    countTokens: tokensOf,
  });
  await using client = createChatClient(
    {
      [MODEL]: {
        base_url: simulator.url,
        api_key: KEY,
        dialect: 'groq',
        windows: [
          { limit: limits.rpm, per: minute, kind },
          { limit: limits.tpm, per: minute, kind, unit: 'tokens' },
        ],
      },
    },
    { maxFlight, tokenCounter: ({ messages }) => tokensOf(messages) },
  );
  const results = await lastValueFrom(from(requests).pipe(client.completeEach(), toArray()));
  const counted = simulator.requests().map(request => request.counted ?? Number.NaN);
  return {
    refused: simulator.stats().refused,
    answered: results.filter(({ ok }) => ok).length,
    took: Math.max(...counted) - Math.min(...counted),
  };
}

describe.each(kinds)('a server that counts by $counting, a $kind window', way => {
  test.for(delays)('counted after $delayBefore ms, answered after $delayAfter ms more', async delay => {
    const cells = both.flatMap(headers =>
      both.flatMap(refund =>
        (['head', 'end'] as const).map((countAt): Cell => ({ ...way, ...delay, headers, refund, countAt })),
      ),
    );
    const before = performance.eventLoopUtilization();
    const lostTime = noteLostTime();
    const outcomes = await Promise.all(cells.map(async cell => ({ ...cell, ...(await run(cell)) })));
    const busy = performance.eventLoopUtilization(before).active + lostTime();
    for (const outcome of outcomes) expect(outcome).toMatchObject({ refused: 0, answered: requests.length });
    for (const outcome of outcomes) expect(outcome.took, JSON.stringify(outcome)).toBeLessThan(allowed(outcome, busy));
  });
});

test.each(kinds)(
  'a $kind window of one, a server that counts by $counting at a random instant: none too early',
  async way => {
    const per = 120;
    await using simulator = await startSimulator({
      counting: way.counting,
      limits: { [MODEL]: { rpm: 1, rpd: -1, tpm: -1, tpd: -1 } },
      timeScale: 60_000 / per,
      // Whoever takes a request for counted when it is sent is ahead of the server whenever the next one is counted faster.
      delayBefore: [0, 100],
      delayAfter: [0, 0],
      tokensPerSecond: Number.POSITIVE_INFINITY,
    });
    const windows = [{ limit: 1, per, kind: way.kind }];
    await using client = createChatClient(
      { [MODEL]: { base_url: simulator.url, api_key: KEY, dialect: 'groq', windows } },
      { maxFlight },
    );
    const results = await lastValueFrom(from(requests.slice(0, 12)).pipe(client.completeEach(), toArray()));
    expect(results.filter(({ ok }) => ok)).toHaveLength(12);
    expect(simulator.stats()).toMatchObject({ refused: 0, completed: 12 });
  },
);

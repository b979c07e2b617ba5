import { once } from 'node:events';
import { interval } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../src/simulator/index.js';
import { startRedis } from './redisServer.js';
import { type Said, startWorker } from './worker.js';

/** `npm run test:fleet` has the machine to itself: how much is used and how it is shared are figures of an idle machine. */
const measuring = process.env.FLEET_WINDOWS !== undefined;
/** Windows that a run lasts. */
const length = Number(process.env.FLEET_WINDOWS ?? 1);
const per = measuring ? 2000 : 1000;
const names = measuring ? ['a', 'b', 'c', 'd'] : ['a', 'b'];

interface Case {
  readonly bound: 'requests' | 'tokens';
  /** Output caps that each process's prompts have in turn: all of what counts here. */
  readonly tokens: readonly number[];
  /** One of the four stops for 300 ms now and then, and misses its turns. */
  readonly dozes?: true;
}

const cases: readonly Case[] = [
  { bound: 'requests', tokens: [100] },
  { bound: 'tokens', tokens: [350, 50, 500, 220] },
  { bound: 'requests', tokens: [100], dozes: true },
];

describe('processes at 30 requests and 6,000 tokens a window', () => {
  it.each(measuring ? cases : cases.slice(0, 1))(
    'use all of it and share it, bound by $bound, one dozing: $dozes; nobody is refused, and the urgent go first',
    async ({ bound, tokens, dozes }) => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      const simulator = await startSimulator({
        limits: { 'openai/gpt-oss-20b': { rpm: 30, tpm: 6000, rpd: -1, tpd: -1 } },
        timeScale: 60_000 / per,
        tokensPerSecond: Infinity,
        countTokens: () => 0,
      });
      onTestFinished(() => simulator.close());
      const windows = [
        { limit: 30, per, kind: 'bucket' },
        { limit: 6000, per, kind: 'bucket', unit: 'tokens' },
      ];
      const said: Said[] = [];
      const children = names.map((name, index) =>
        startWorker(
          {
            name,
            redis: redis.url,
            base: simulator.url,
            windows,
            tokens,
            prompts: 40 * (length + 2),
            urgentEvery: index === 0 ? 500 : 0,
          },
          one => said.push(one),
        ),
      );
      onTestFinished(() => {
        for (const child of children) child.kill('SIGKILL');
      });
      // All are there and the first burst is gone: from here on the windows only refill.
      await expect
        .poll(() => new Set(said.filter(({ what }) => what === 'sent').map(({ name }) => name)).size, {
          timeout: 60_000,
        })
        .toBe(names.length);
      /** When the one that dozes went on. */
      const awake: number[] = [];
      if (dozes) {
        const dozing = interval(300).subscribe(count => {
          children[3]!.kill(count % 4 === 0 ? 'SIGSTOP' : 'SIGCONT');
          if (count % 4 === 1) awake.push(performance.timeOrigin + performance.now());
        });
        onTestFinished(() => dozing.unsubscribe());
      }
      const counted = (): { requests: number; tokens: number } => {
        const { admitted, reservedTokens } = simulator.stats();
        return { requests: admitted, tokens: reservedTokens };
      };
      const before = counted();
      const from = simulator.now();
      const wall = performance.timeOrigin + performance.now();
      await simulator.until(({ admitted }) => admitted >= before.requests + (bound === 'requests' ? 30 : 21) * length);
      const spent = simulator.now() - from;
      const after = counted();
      const { refused } = simulator.stats();
      await Promise.all(
        children.map(child => {
          const exit = once(child, 'exit');
          child.kill('SIGKILL');
          return exit;
        }),
      );

      const limit = bound === 'requests' ? 30 : 6000;
      const used = (after[bound] - before[bound]) / ((spent * limit) / per);
      const sent = said.filter(({ what, at }) => what === 'sent' && at >= wall);
      const weight = ({ context: { index } }: Said): number =>
        bound === 'requests' ? 1 : tokens[index % tokens.length]!;
      const shares = names.map(name =>
        sent.filter(one => one.name === name).reduce((sum, one) => sum + weight(one), 0),
      );
      // What it sends first then it had been granted before it dozed off, whoever has come meanwhile.
      const held = awake.map(at => sent.find(one => one.name === names[3] && one.at > at));
      const overtaken = said
        .filter(({ what, context, at }) => what === 'queued' && context.priority === 1 && at >= wall)
        .flatMap(({ at, context }) => {
          const went = sent.find(one => one.context.priority === 1 && one.context.index === context.index);
          if (!went) return [];
          const ahead = sent.filter(
            one => one.context.priority === 10 && one.at > at && one.at < went.at && !held.includes(one),
          );
          return [dozes ? stepsOf(ahead) : ahead.length];
        });
      expect(refused).toBe(0);
      expect(said.filter(({ what }) => what === 'failed')).toEqual([]);
      expect(Math.min(...shares)).toBeGreaterThan(0);
      if (!measuring) return;
      const spread = Math.max(...shares) / Math.min(...shares);
      console.log(JSON.stringify({ bound, dozes, refused, used, shares, spread, overtaken: Math.max(...overtaken) }));
      expect(used).toBeGreaterThanOrEqual(0.97);
      expect(overtaken.length).toBeGreaterThan(0);
      expect(Math.max(...overtaken)).toBeLessThanOrEqual(1);
      expect(spread).toBeLessThanOrEqual(1.2);
    },
    120_000 + 2 * length * per,
  );
});

/** Where turns are missed there is room for two or three when the next has its turn: they are let go in one step, which the urgent one comes after. */
function stepsOf(sent: readonly Said[]): number {
  return sent.filter((one, at) => {
    const before = sent.slice(0, at).findLast(({ name }) => name === one.name);
    return !before || one.at - before.at > 20;
  }).length;
}

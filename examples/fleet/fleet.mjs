import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { startSimulator } from 'rx-groq/simulator';
import { exhaustMap, lastValueFrom, takeWhile, tap, timer } from 'rxjs';
import { startRedis } from './redisServer.mjs';
import { ANSWERS, MODEL, QUEUE, TURNED_AWAY } from './shared.mjs';

/** Of Groq's free plan: a minute passes in a second, so that 2,000 prompts take one, not an hour. */
const timeLapse = 60;
const limits = { rpm: 30, tpm: 8000 };
/** ms between two looks at what has been done */
const look = 500;

/**
 * Redis, a simulated Groq, workers and a producer; all is gone again in the end.
 * @param {{
 *   prompts?: number, workers?: number,
 *   kill?: boolean, restartRedis?: boolean,
 *   progress?: (now: Progress) => void,
 * }} [options] `kill`: kill -9 of one worker when a third is done. `restartRedis`: the same for Redis when two thirds are.
 * @typedef {{ answered: number, of: number, active: number, waiting: number, refused: number, event?: string }} Progress
 */
export async function runFleet({
  prompts = 2000,
  workers = 3,
  kill = false,
  restartRedis = false,
  progress = () => {},
} = {}) {
  const began = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'rx-groq-fleet-'));
  const server = await startRedis(folder);
  const simulator = await startSimulator({
    limits: { [MODEL]: { ...limits, rpd: -1, tpd: -1 } },
    timeScale: timeLapse,
  });
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ [MODEL]: modelAt(simulator.url) }));
  const env = { ...process.env, REDIS_URL: server.url, GROQ_CONFIG_PATH: config };
  const fleet = Array.from({ length: workers }, () =>
    fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), { env }),
  );

  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  const queue = new Queue(QUEUE, { connection: redis });
  queue.on('error', () => {});
  try {
    // A job that is there already is not added again: a producer that is started anew begins from the beginning.
    await queue.addBulk(Array.from({ length: prompts }, (_, index) => jobOf(index + 1)));

    /** @type {[at: number, name: string, happen: () => Promise<void>][]} */
    const events = [];
    if (kill) events.push([prompts / 3, 'a worker is killed', async () => void fleet[0]?.kill('SIGKILL')]);
    if (restartRedis)
      events.push([2 * (prompts / 3), 'Redis is killed, and started again', () => server.kill().then(server.start)]);
    await lastValueFrom(
      timer(0, look).pipe(
        exhaustMap(async () => {
          const { completed = 0, failed = 0, active = 0, waiting = 0 } = await queue.getJobCounts();
          return { answered: await redis.hlen(ANSWERS), done: completed + failed, active, waiting };
        }),
        tap(({ answered, active, waiting }) => {
          const due = events[0] && answered >= events[0][0] ? events.shift() : undefined;
          due?.[2]();
          const { refused } = simulator.stats();
          progress({ answered, of: prompts, active, waiting, refused, ...(due && { event: due[1] }) });
        }),
        takeWhile(({ done }) => done < prompts),
      ),
      { defaultValue: undefined },
    );

    const answers = await redis.hgetall(ANSWERS);
    const { completed = 0, failed = 0 } = await queue.getJobCounts();
    const { refused, completed: asked } = simulator.stats();
    return {
      prompts,
      /** Prompts that have an answer. */
      answered: Array.from({ length: prompts }, (_, index) => answers[nameOf(index + 1)]).filter(Boolean).length,
      /** Answers of no prompt of ours. */
      strays: Object.keys(answers).length - prompts,
      /** As BullMQ has it. */
      completed,
      failed,
      /** Answers that came for a prompt which had one. */
      turnedAway: Number((await redis.get(TURNED_AWAY)) ?? 0),
      /** Answers that the simulator gave, those included that a dead worker could not write down. */
      asked,
      refused,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await Promise.all(fleet.map(stop));
    await queue.close();
    redis.disconnect();
    await simulator.close();
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} url @returns {import('rx-groq').ModelConfig} */
function modelAt(url) {
  const per = 60_000 / timeLapse;
  return {
    base_url: url,
    api_key: 'any',
    dialect: 'groq',
    windows: [
      { limit: limits.rpm, per, kind: 'bucket' },
      { limit: limits.tpm, per, kind: 'bucket', unit: 'tokens' },
    ],
  };
}

/** @param {number} number */
function nameOf(number) {
  return `prompt-${number}`;
}

/** @param {number} number */
function jobOf(number) {
  /** @type {import('rx-groq').ChatRequest} */
  const request = {
    model: MODEL,
    messages: [{ role: 'user', content: `Tell me fact number ${number} about queues.` }],
    max_completion_tokens: 100,
  };
  // rx-groq tries again what may mend by itself; BullMQ what is left, later.
  const opts = { jobId: nameOf(number), attempts: 5, backoff: { type: 'exponential', delay: 1000 } };
  return { name: 'prompt', data: request, opts };
}

/** @param {import('node:child_process').ChildProcess} child */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

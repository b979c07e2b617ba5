/** Those who ask Redis whether something may go. */

import Bottleneck from 'bottleneck';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { Subject } from 'rxjs';
import { rateWindow } from '../../dist/index.js';
import { redisQuota } from '../../dist/redis/index.js';

/**
 * @typedef {object} Limit
 * @property {number} limit requests in `per` ms
 * @property {number} per
 *
 * One process's part. What is entered is answered by `went` with the same number, once it may go, here or in another process.
 * @typedef {(url: string, limit: Limit, went: (at: number) => void) => Promise<(at: number) => void>} OpenLine
 */

/** Of two windows one binds: requests, which are counted as `kind` says. @param {'bucket' | 'sliding'} kind @returns {OpenLine} */
const rxGroq = kind => async (url, window, went) => {
  const source = new Subject();
  const tokens = /** @type {const} */ ({ limit: 1e12, per: '1m', unit: 'tokens', kind: 'bucket' });
  source
    .pipe(rateWindow([{ ...window, kind }, tokens], { quota: redisQuota({ url }), cost: { tokens: 100 } }))
    .subscribe(at => went(/** @type {number} */ (at)));
  return at => source.next(at);
};

/** @param {string} url */
const portOf = url => Number(new URL(url).port);

/** @type {Record<string, OpenLine>} */
export const subjects = {
  'rx-groq': rxGroq('bucket'),
  'rx-groq, sliding': rxGroq('sliding'),

  async bottleneck(url, { limit, per }, went) {
    const limiter = new Bottleneck({
      id: 'bench',
      datastore: 'ioredis',
      Redis,
      clientOptions: { port: portOf(url) },
      reservoir: limit,
      reservoirRefreshAmount: limit,
      reservoirRefreshInterval: per,
    });
    await limiter.ready();
    return at => void limiter.schedule(async () => went(at));
  },

  /** It counts, and nobody waits: who is refused has to come again. */
  async 'rate-limiter-flexible'(url, { limit, per }, went) {
    const limiter = new RateLimiterRedis({ storeClient: new Redis(url), points: limit, duration: per / 1000 });
    return at => void limiter.consume('bench').then(() => went(at));
  },

  /** A queue of jobs: each stands in Redis, and any process's worker may do it. */
  async BullMQ(url, { limit, per }, went) {
    const connection = { port: portOf(url), maxRetriesPerRequest: null };
    const queue = new Queue('bench', { connection, defaultJobOptions: { removeOnComplete: true } });
    const worker = new Worker('bench', async ({ data }) => went(data), {
      connection,
      concurrency: 100,
      limiter: { max: limit, duration: per },
    });
    await worker.waitUntilReady();
    return at => void queue.add('bench', at);
  },
};

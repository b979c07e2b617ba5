/**
 * One process of the fleet. BullMQ gives it jobs and takes them back where it dies; rx-groq says when each may be sent, so that all
 * workers together keep to one quota. Where Redis is: $REDIS_URL; the models: $GROQ_CONFIG_PATH.
 */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { createChatClient, toText } from 'rx-groq';
import { redisQuota } from 'rx-groq/redis';
import { lastValueFrom } from 'rxjs';
import { ANSWERS, QUEUE, TURNED_AWAY } from './shared.mjs';

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
// Commands wait while Redis is away.
const redis = new Redis(url, { maxRetriesPerRequest: null });
redis.on('error', () => {});
const client = createChatClient(undefined, { quota: redisQuota({ url }) });

/** @param {import('bullmq').Job<import('rx-groq').ChatRequest>} job */
async function answer({ id = '', data }) {
  // Whoever had this job before may have died between writing the answer down and saying so to BullMQ.
  if (await redis.hexists(ANSWERS, id)) return;
  const text = await lastValueFrom(client.complete(data).pipe(toText()));
  // Or is it not dead, only late? The first answer stays.
  if ((await redis.hsetnx(ANSWERS, id, text)) === 0) await redis.incr(TURNED_AWAY);
}

const worker = new Worker(QUEUE, answer, {
  connection: redis,
  // As many as may wait here and be on their way at once; the quota bounds them, not this.
  concurrency: 20,
  // The jobs of a worker that dies go to others after so long.
  lockDuration: 5000,
  stalledInterval: 2000,
  maxStalledCount: 10,
});
worker.on('error', () => {}); // Redis is away; it goes on when Redis is back

process.once('SIGTERM', async () => {
  await worker.close();
  await client[Symbol.asyncDispose]();
  redis.disconnect();
});

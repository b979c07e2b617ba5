/** Processes of one subject on a Redis of their own. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRedis } from './server.js';

const file = fileURLToPath(new URL('process.js', import.meta.url));

/**
 * @typedef {object} Fleet
 * @property {(order: import('./process.js').Order, member?: number) => void} tell all of them, or one
 * @property {(ms: number) => Promise<Span>} measure what is done from now on
 * @property {() => Promise<void>} quiet until Redis has nothing to do
 * @property {() => Promise<number>} heap of all processes
 * @property {Awaited<ReturnType<typeof startRedis>>} redis
 *
 * @typedef {object} Span
 * @property {number} seconds
 * @property {number} went
 * @property {readonly number[]} waits ms from coming to going, in order of size
 * @property {number} trips
 * @property {number} commands
 */

/**
 * @template T
 * @param {string} subject
 * @param {number} count of processes
 * @param {import('./subjects.js').Limit} limit
 * @param {(fleet: Fleet) => Promise<T>} use
 */
export async function withFleet(subject, count, { limit, per }, use) {
  const redis = await startRedis();
  const args = [subject, redis.url, String(limit), String(per)];
  const members = Array.from({ length: count }, () => fork(file, args, { execArgv: ['--expose-gc'] }));
  const said = async (/** @type {import('./process.js').Order} */ order) =>
    Promise.all(
      members.map(async member => {
        const message = once(member, 'message');
        member.send(order);
        const [taken] = await message;
        return /** @type {import('./process.js').Taken} */ (taken);
      }),
    );
  try {
    await Promise.all(members.map(member => once(member, 'message')));
    return await use({
      redis,
      tell: (order, member) => {
        for (const one of member === undefined ? members : members.slice(member, member + 1)) one.send(order);
      },
      async measure(ms) {
        await said({ take: true });
        const before = await redis.work();
        const from = performance.now();
        await wait(ms);
        const taken = await said({ take: true });
        const seconds = (performance.now() - from) / 1000;
        const after = await redis.work();
        return {
          seconds,
          went: taken.reduce((sum, { went }) => sum + went, 0),
          waits: taken.flatMap(({ waits }) => waits).sort((a, b) => a - b),
          trips: after.trips - before.trips,
          commands: after.commands - before.commands,
        };
      },
      async quiet() {
        for (let before = -1, trips = 0; trips - before > 20; ) {
          before = trips;
          await wait(300);
          ({ trips } = await redis.work());
        }
      },
      heap: async () => (await said({ heap: true })).reduce((sum, { heap }) => sum + heap, 0),
    });
  } finally {
    for (const member of members) {
      const exit = once(member, 'exit');
      member.disconnect();
      await exit;
    }
    await redis.stop();
  }
}

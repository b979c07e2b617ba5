/** How long requests wait by priority, a bucket's client beside a sliding window's, before a server that counts a bucket as Groq does. */

import { setTimeout as wait } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { createChatClient } from '../../dist/index.js';
import { seeded } from '../inputs.js';
import { atLeast, table } from '../table.js';
import { limits, windowOf } from './cells.js';
import { bodyOf, configOf, tokenCounter } from './subjects.js';

/** @typedef {import('./cells.js').Cell} Cell */
/** @typedef {1 | 5 | 10} Priority */

const priorities = /** @type {const} */ ([1, 5, 10]);
const bounds = /** @type {const} */ (['requests', 'tokens']);
const kinds = /** @type {const} */ (['bucket', 'sliding']);

/** @type {readonly Cell[]} */
export const waitCells = bounds.flatMap(bound =>
  kinds.map(kind => ({ counting: /** @type {const} */ ('bucket'), kind, delay: [5, 40], bound, stream: true })),
);

/** Every so many windows a burst comes, of so much of a window; beside it a steady trickle. In all 0.85 of what the server refills. */
const period = 2;
const burst = 1.3;
const trickle = 0.2;
const periods = 5;
/** Units of a request in the mean, as `requestOf` has them. */
const usual = { requests: 1, tokens: 500 };

/** When each comes, in windows. @param {Cell['bound']} bound @returns {{ at: number, priority: Priority }[]} */
function arrivals(bound) {
  const random = seeded(4);
  const window = limits[bound] / usual[bound];
  const inBurst = Math.round(burst * window);
  const steady = Math.round(trickle * window * period);
  return Array.from({ length: periods }, (_, index) => [
    ...Array.from({ length: inBurst }, () => index * period),
    ...Array.from({ length: steady }, (_, place) => (index + (place + 0.5) / steady) * period),
  ])
    .flat()
    .sort((one, other) => one - other)
    .map(at => ({ at, priority: priorities[Math.floor(random() * 3)] ?? 5 }));
}

/** ms that each waited before it was sent. @param {string} url @param {Cell} cell @returns {Promise<Map<Priority, number[]>>} */
export async function waitsOf(url, cell) {
  const per = windowOf(cell);
  // Aging as by default where a window is a minute.
  const client = createChatClient(configOf(url, cell), { tokenCounter, maxFlight: 60_000, aging: per / 2 });
  /** @type {Map<Priority, number[]>} */
  const waits = new Map(priorities.map(priority => [priority, []]));
  /** @type {Subject<import('../../dist/index.js').ChatRequest>} */
  const asked = new Subject();
  const answered = new Promise((resolve, reject) => {
    asked.pipe(client.completeEach()).subscribe({
      next(result) {
        if (result.ok) waits.get(/** @type {Priority} */ (result.request.priority))?.push(result.timing.queuedMs);
        else reject(result.error);
      },
      error: reject,
      complete: () => resolve(undefined),
    });
  });
  const begin = performance.now();
  for (const [index, { at, priority }] of arrivals(cell.bound).entries()) {
    const ms = begin + at * per - performance.now();
    if (ms > 0) await wait(ms);
    asked.next({ ...bodyOf(cell.bound, index), priority });
  }
  asked.complete();
  await answered;
  client.close().subscribe();
  return waits;
}

/**
 * @param {readonly Map<Priority, number[]>[]} waits by cell
 * @param {readonly { refused: boolean }[][]} logs by cell
 */
export function waitsTable(waits, logs) {
  return table(
    'Fidelity: how long requests wait before a bucket server, by priority, and what a bucket gains over a sliding window',
    [
      'bound by',
      'priority',
      'requests',
      'bucket: mean, p95 (ms)',
      'sliding: mean, p95 (ms)',
      'bucket waits',
      'gain of the mean',
      'of the p95',
      'refused',
    ],
    bounds.flatMap(bound => {
      const [bucket, sliding] = kinds.map(kind =>
        waitCells.findIndex(cell => cell.bound === bound && cell.kind === kind),
      );
      const refused = [bucket, sliding].map(index => (logs[index ?? -1] ?? []).filter(entry => entry.refused).length);
      return priorities.map(priority => {
        const [one, other] = [bucket, sliding].map(index => summary(waits[index ?? -1]?.get(priority) ?? []));
        if (!one || !other) throw new Error('both kinds are measured');
        const gain = other.mean / one.mean;
        const over = refused.some(count => count > 0);
        return [
          bound,
          String(priority),
          String(one.count),
          `${one.mean.toFixed(0)}, ${one.p95.toFixed(0)}`,
          `${other.mean.toFixed(0)}, ${other.p95.toFixed(0)}`,
          `× ${(1 / gain).toFixed(2)} of sliding`,
          atLeast(gain, 1, value => value.toFixed(1)),
          (other.p95 / one.p95).toFixed(1),
          { text: `**${refused.join(', ')}** ${over ? '✗ OVER' : '✓'}`, over },
        ];
      });
    }),
  );
}

/** @param {readonly number[]} waits */
function summary(waits) {
  const sorted = [...waits].sort((one, other) => one - other);
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length,
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN,
  };
}

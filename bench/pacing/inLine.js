/** One item goes and another comes, with so many in line: what it costs each; and to stand in line and leave it, for all of them at once. */

import Bottleneck from 'bottleneck';
import PQueue from 'p-queue';
import { BehaviorSubject, Subject, Subscription } from 'rxjs';
import { rateWindow } from '../../dist/index.js';
import { items } from '../inputs.js';
import { cpuOf } from '../measure.js';
import { closed, open, tokensOf } from './windows.js';

const waiting = items(1000);
const item = (/** @type {number} */ index) =>
  /** @type {import('../inputs.js').Item} */ (waiting[index % waiting.length]);

/** How many items to measure, so that every size takes about as long. */
const perTurn = 200_000;

/** @type {Record<string, import('../child.js').MakeSubject>} */
export const subjects = {
  'one goes, one comes'(size) {
    const clock = steps();
    const source = new Subject();
    let seen = 0;
    let next = 0;
    source
      .pipe(
        rateWindow(
          [
            { limit: 1, per: 1 },
            { limit: 1000, per: 1, unit: 'tokens', kind: 'bucket' },
          ],
          { cost: tokensOf, scheduler: clock },
        ),
      )
      .subscribe(() => {
        seen++;
        source.next(item(next++));
      });
    for (let index = 0; index <= size; index++) source.next(item(next++));
    return async () => {
      const before = seen;
      const cpuMs = await cpuOf(() => {
        for (let step = 0; step < perTurn; step++) clock.step();
      });
      return { cpuMs, items: seen - before };
    };
  },

  'rx-groq'(size) {
    const windows$ = new BehaviorSubject(closed);
    const source = new Subject();
    let seen = 0;
    source.pipe(rateWindow(windows$, { cost: tokensOf })).subscribe(() => seen++);
    return repeated(size, perTurn, () => {
      const before = seen;
      for (let index = 0; index < size; index++) source.next(item(index));
      windows$.next(open);
      windows$.next(closed);
      return seen - before;
    });
  },

  'p-queue'(size) {
    const queue = new PQueue({ autoStart: false });
    let seen = 0;
    return repeated(size, size, async () => {
      const before = seen;
      for (let index = 0; index < size; index++) {
        queue.add(async () => seen++, { priority: -item(index).priority });
      }
      queue.start();
      await queue.onIdle();
      queue.pause();
      return seen - before;
    });
  },

  bottleneck(size) {
    const limiter = new Bottleneck({ reservoir: 0 });
    let seen = 0;
    return repeated(size, size, async () => {
      const before = seen;
      const done = [];
      for (let index = 0; index < size; index++) {
        done.push(limiter.schedule({ priority: item(index).priority - 1 }, async () => seen++));
      }
      await limiter.incrementReservoir(size);
      await Promise.all(done);
      return seen - before;
    });
  },
};

/**
 * Fills and empties a line of `size` items until `total` have gone.
 * @param {number} size
 * @param {number} total
 * @param {() => number | Promise<number>} fillAndEmpty
 * @returns {import('../child.js').Subject}
 */
function repeated(size, total, fillAndEmpty) {
  return async () => {
    let gone = 0;
    const cpuMs = await cpuOf(async () => {
      for (let left = Math.max(size, total); left > 0; left -= size) gone += await fillAndEmpty();
    });
    return { cpuMs, items: gone };
  };
}

/**
 * A clock that moves one ms a step, so that nothing but the pacer takes time.
 * @returns {import('rxjs').SchedulerLike & { step(): void }}
 */
function steps() {
  let now = 0;
  /** @type {Function | undefined} */
  let due;
  return {
    now: () => now,
    schedule(/** @type {Function} */ work) {
      due = work;
      return new Subscription(() => {
        if (due === work) due = undefined;
      });
    },
    step() {
      now++;
      const work = due;
      due = undefined;
      work?.();
    },
  };
}

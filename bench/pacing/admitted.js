/** An item passes through limits that don't bind. */

import Bottleneck from 'bottleneck';
import PQueue from 'p-queue';
import { Subject } from 'rxjs';
import { rateWindow } from '../../dist/index.js';
import { items } from '../inputs.js';
import { cpuOf } from '../measure.js';
import { open, tokensOf } from './windows.js';

const passing = items(1000);
const minute = 60_000;

/** @type {Record<string, import('../child.js').MakeSubject>} */
export const subjects = {
  'bare Subject'(size) {
    const { seen, see } = sum();
    const source = new Subject();
    source.subscribe(see);
    return turn(size, seen, item => source.next(item));
  },

  'rx-groq'(size) {
    const { seen, see } = sum();
    const source = new Subject();
    source.pipe(rateWindow(open, { cost: tokensOf })).subscribe(see);
    return turn(size, seen, item => source.next(item));
  },

  /** It has one window, which counts tasks; `strict` is the sliding one. */
  'p-queue'(size) {
    const { seen, see } = sum();
    const queue = new PQueue({ interval: minute, intervalCap: 1e9, strict: true });
    return turn(
      size,
      seen,
      item => queue.add(async () => see(item)),
      () => queue.onIdle(),
    );
  },

  /** Two windows are two limiters in a chain, each with a reservoir that is filled anew. */
  bottleneck(size) {
    const { seen, see } = sum();
    const limiter = () =>
      new Bottleneck({ reservoir: 1e12, reservoirRefreshAmount: 1e12, reservoirRefreshInterval: minute });
    const both = limiter().chain(limiter());
    /** @type {Promise<void>[]} */
    let done = [];
    return turn(
      size,
      seen,
      item => done.push(both.schedule({ weight: item.tokens }, async () => see(item))),
      async () => {
        await Promise.all(done);
        done = [];
      },
    );
  },
};

/**
 * @param {number} size
 * @param {{ items: number, tokens: number }} seen
 * @param {(item: import('../inputs.js').Item) => void} send
 * @param {() => unknown} idle
 * @returns {import('../child.js').Subject}
 */
function turn(size, seen, send, idle = () => {}) {
  return async () => {
    seen.items = seen.tokens = 0;
    const cpuMs = await cpuOf(async () => {
      for (let left = size; left > 0; left -= passing.length) {
        passing.forEach(send);
        await idle();
      }
    });
    return { cpuMs, ...seen, tokensEach: seen.tokens / seen.items };
  };
}

/** What has come out, so that nothing is measured that does not do the work. */
function sum() {
  const seen = { items: 0, tokens: 0 };
  return {
    seen,
    see(/** @type {unknown} */ item) {
      seen.items++;
      seen.tokens += /** @type {import('../inputs.js').Item} */ (item).tokens;
    },
  };
}

import { Bucket } from './bucket.js';
import { CountLog } from './countLog.js';
import { SlidingWindow } from './slidingWindow.js';
import type { View } from './view.js';

/** Our share of a window, by what was sent here alone. */
export interface OwnShare {
  readonly of: View;
  readonly own: View;
}

/** Of a bucket's share: what was sent before it came to be is in the bucket. */
const nothing = new CountLog();

/**
 * The shares of these windows as they are now; none of a window that is all ours.
 * @param refused has just refused: where it is a bucket, there is nothing left in it
 */
export function dividedShares(
  views: readonly View[],
  before: readonly OwnShare[],
  log: CountLog,
  now: number,
  refused: View | undefined,
): readonly OwnShare[] {
  return views.flatMap(of => {
    const { window, column, share } = of;
    if (share.part === 1) return [];
    const limit = share.part * window.limit;
    const known = before.find(other => other.of === of);
    if (known?.own.window.limit === limit && refused !== of) return [known];
    const own = { ...window, limit };
    if (window.kind === 'sliding') {
      const sliding = new SlidingWindow(own, column, log, []);
      sliding.advance(now);
      return [{ of, own: sliding }];
    }
    // What is in flight at a refusal will be refused, too, and given back.
    const left = known ? Math.max(0, known.own.free(0)) : 0;
    const past = [{ time: now, amount: refused === of ? share.refusedFor : Math.max(0, limit - left) }];
    return [{ of, own: new Bucket(own, column, nothing, now, past) }];
  });
}

/** What a request takes of a share that it may be larger than: then it goes when nothing of the share is used. */
export function within(own: View, need: number): number {
  return Math.min(need, own.window.limit);
}

import type { Subscription } from 'rxjs';
import type { Clock } from '../pacing/index.js';

/** What is over at an instant that moves on by itself: a wait for the next content, for instance. */
export interface Deadline {
  /** Instant (ms); Infinity: not as it stands. Whoever sets it earlier says so by `watch`. */
  due(): number;
  /** It has come, and is watched no more. */
  passed(): void;
}

/**
 * One timer for the deadlines of all streams. It stands at the earliest as they were when it was set; then most have moved on, so that it goes off
 * now and then, however many chunks come. A timer each would be a fiftieth of what a request costs.
 */
export class Deadlines {
  private readonly watched = new Set<Deadline>();
  private timer: Subscription | undefined = undefined;
  private looksAt = Number.POSITIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  watch(deadline: Deadline): void {
    this.watched.add(deadline);
    this.lookAt(deadline.due());
  }

  forget(deadline: Deadline): void {
    if (this.watched.delete(deadline) && this.watched.size === 0) this.stop();
  }

  private lookAt(instant: number): void {
    if (instant >= this.looksAt) return;
    this.stop();
    this.looksAt = instant;
    this.timer = this.clock.schedule(() => this.look(), instant - this.clock.now());
  }

  private look(): void {
    this.stop();
    const now = this.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const deadline of this.watched) {
      const due = deadline.due();
      if (due > now) {
        next = Math.min(next, due);
      } else {
        this.watched.delete(deadline);
        deadline.passed();
      }
    }
    if (this.watched.size > 0) this.lookAt(next);
  }

  private stop(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.looksAt = Number.POSITIVE_INFINITY;
  }
}

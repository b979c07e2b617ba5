import { asyncScheduler, type Subscription } from 'rxjs';
import { drainLimit } from './ClosableTransport.js';

/** A body that is read to its end for nobody, so that its connection can serve again. */
export interface Drain {
  /** Closes the connection. */
  close(): void;
}

/** Closes what drains for more than `drainLimit`, before twice that. One timer for all: most end in the very turn in which `[DONE]` has come. */
export class Drains {
  private fresh: Set<Drain> = new Set();
  /** Those that were there when the timer was set. */
  private stale: Set<Drain> = new Set();
  private timer: (Subscription & { readonly id?: { unref?(): void } }) | undefined = undefined;

  add(drain: Drain): void {
    this.fresh.add(drain);
    if (!this.timer) this.wait();
  }

  delete(drain: Drain): void {
    if (!this.fresh.delete(drain)) this.stale.delete(drain);
  }

  /** All of them, at once. */
  close(): void {
    for (const drain of [...this.fresh, ...this.stale]) drain.close();
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  private wait(): void {
    this.timer = asyncScheduler.schedule(() => this.sweep(), drainLimit);
    this.timer.id?.unref?.(); // what drains keeps the process alive by its socket
  }

  private sweep(): void {
    const { fresh, stale } = this;
    for (const drain of stale) drain.close(); // which deletes it
    this.fresh = stale;
    this.stale = fresh;
    if (fresh.size > 0) this.wait();
    else this.timer = undefined;
  }
}

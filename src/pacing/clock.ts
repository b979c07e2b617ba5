import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import { performanceTimestampProvider } from 'rxjs/internal/scheduler/performanceTimestampProvider';

/** The one door through which time enters the library. */
export interface Clock {
  /** ms since some fixed instant; never runs backward. */
  now(): number;
  /** Runs `work` once after `delay` ms; unsubscribe to cancel. */
  schedule(work: () => void, delay: number): Subscription;
  /** The scheduler behind it, for RxJS's own timers. */
  readonly scheduler: SchedulerLike;
}

/** Longer delays than this overflow Node's and browsers' timers and would fire at once. */
export const longestDelay: number = 2 ** 31 - 1;

/**
 * The default clock is monotonic: `asyncScheduler.now()` is the wall clock, which jumps when the system's time is set,
 * so only its timers are used. Both parts become virtual inside `TestScheduler.run`. A scheduler passed in is trusted.
 */
export function clockOf(scheduler?: SchedulerLike): Clock {
  const timers = scheduler ?? asyncScheduler;
  return {
    now: scheduler ? () => scheduler.now() : () => performanceTimestampProvider.now(),
    scheduler: timers,
    schedule: (work, delay) => timers.schedule(() => work(), Math.min(delay, longestDelay)),
  };
}

import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import { performanceTimestampProvider } from 'rxjs/internal/scheduler/performanceTimestampProvider';

/** The one door through which time enters the library. */
export interface Clock {
  /** ms since some fixed instant; never runs backward. */
  now(): number;
  /** The wall clock, in ms since 1970, for what outlives this process. It jumps whenever the system's time is set. */
  wall(): number;
  /** Runs `work` once after `delay` ms; unsubscribe to cancel. */
  schedule(work: () => void, delay: number): Subscription;
  /** The same, for what is no reason to keep the process alive. */
  scheduleIdly(work: () => void, delay: number): Subscription;
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
  const schedule = (work: () => void, delay: number): Subscription =>
    timers.schedule(() => work(), Math.min(delay, longestDelay));
  return {
    now: scheduler ? () => scheduler.now() : () => performanceTimestampProvider.now(),
    scheduler: timers,
    wall: () => dateTimestampProvider.now(),
    schedule,
    scheduleIdly(work, delay) {
      const action: Subscription & { readonly id?: { unref?(): void } } = schedule(work, delay);
      action.id?.unref?.(); // RxJS has no other door to Node's timer
      return action;
    },
  };
}

import { type Observable, type SchedulerLike, Subject } from 'rxjs';

/** A scheduler that tells each time one of its timers goes off, so that a diagram can show them. */
export function wakesOf(scheduler: SchedulerLike): {
  readonly scheduler: SchedulerLike;
  readonly wakes$: Observable<'w'>;
} {
  const wakes$ = new Subject<'w'>();
  return {
    wakes$: wakes$.asObservable(),
    scheduler: {
      now: () => scheduler.now(),
      schedule: (work, delay, state) =>
        scheduler.schedule(
          function (given) {
            wakes$.next('w');
            work.call(this as never, given as never);
          },
          delay,
          state,
        ),
    },
  };
}

import { type Signal, signal } from '@angular/core';
import { exhaustMap, type Observable, Subject, take } from 'rxjs';

/** A state that may change at any speed, and a signal that is written once a frame at most. */
export interface Framed<T> {
  readonly shown: Signal<T>;
  readonly newest: T;
  /** Shown in the next frame, with whatever comes until then. */
  change(to: Partial<T>): void;
  /** Shown at once. */
  show(state: T): void;
  /** What has not been shown by now never is. */
  end(): void;
}

/** @param showing is called after each write */
export function framed<T extends object>(
  initial: T,
  frame$: Observable<unknown>,
  showing: (state: T) => void,
): Framed<T> {
  const shown = signal(initial);
  let newest = initial;
  const changed$ = new Subject<void>();
  const write = (): void => {
    shown.set(newest);
    showing(newest);
  };
  // take(1): a frame that completes later than it comes would swallow what changes in between.
  const frames = changed$.pipe(exhaustMap(() => frame$.pipe(take(1)))).subscribe(write);
  return {
    shown: shown.asReadonly(),
    get newest() {
      return newest;
    },
    change(to) {
      newest = { ...newest, ...to };
      changed$.next();
    },
    show(state) {
      newest = state;
      write();
    },
    end: () => frames.unsubscribe(),
  };
}

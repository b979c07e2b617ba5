import { defer, fromEvent, map, merge, type Observable, startWith } from 'rxjs';

/** Whether the browser has a network, and every change of it. */
export const online$: Observable<boolean> = defer(() =>
  merge(fromEvent(window, 'online'), fromEvent(window, 'offline')).pipe(
    startWith(undefined),
    map(() => navigator.onLine),
  ),
);

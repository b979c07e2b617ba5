import { fromEvent, map, merge, type Observable, share, skip, throttleTime } from 'rxjs';

/**
 * Ctrl-C and a request to terminate, as the exit codes that they ask for. The first is for the listener to obey; the second ends
 * the process at once.
 */
export function signals(): Observable<130 | 143> {
  const signals$ = merge(
    fromEvent(process, 'SIGINT').pipe(map(() => 130 as const)),
    fromEvent(process, 'SIGTERM').pipe(map(() => 143 as const)),
  ).pipe(
    throttleTime(TWICE), // one Ctrl-C under npm comes twice: from the terminal, and passed on by npm
    share(),
  );
  signals$.pipe(skip(1)).subscribe(code => process.exit(code));
  return signals$;
}

/** ms */
const TWICE = 200;

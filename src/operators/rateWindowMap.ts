import {
  catchError,
  defer,
  finalize,
  from,
  mergeMap,
  type Observable,
  type ObservableInput,
  type ObservedValueOf,
  type OperatorFunction,
  tap,
  throwIfEmpty,
} from 'rxjs';
import { isChatError } from '../errors/index.js';
import type { FlyingPermit, Permit } from '../pacing/index.js';
import { type Join, type PaceOptions, pace, type UnitsOf, type Windows } from './pace.js';

/** ms to wait after a refusal that does not say how long. */
const waitUnlessTold = 1000;

/**
 * As `mergeMap`, but paced: `project` is called, and its result subscribed, when the value is admitted.
 *
 * ```
 * source                                                 a-b-c|
 * rateWindowMap({ limit: 2, per: 5 }, v => cold('-v|'))  -a-b--c|
 * ```
 * - The inner's first emission (or its end) acknowledges: windows count the value until `per` after that.
 * - Its end, however it ends, frees its place in `maxConcurrent`.
 * - `permit.settle(actual)` corrects what the value was counted with.
 * - An inner that fails with a `RateLimitError` before its first emission is *refused*: all wait for its `retryAfterMs`, and the
 *   value, back in its own place in line, is projected again. Any other error fails the output.
 *
 * @throws TypeError when made with windows or options that make no sense
 */
export function rateWindowMap<T, O extends ObservableInput<unknown>, const W extends Windows = Windows>(
  windows: W,
  project: (value: T, permit: Permit) => O,
  options: PaceOptions<T, UnitsOf<W>> = {},
): OperatorFunction<T, ObservedValueOf<O>> {
  const run = pace<T, Observable<ObservedValueOf<O>>>(windows, options as PaceOptions<T>, true, (value, permit, join) =>
    attempt(permit!, mine => project(value, mine), join),
  );
  return source =>
    source.pipe(
      run,
      mergeMap(inner => inner),
    );
}

function attempt<O extends ObservableInput<unknown>>(
  permit: FlyingPermit,
  project: (permit: Permit) => O,
  join: Join,
): Observable<ObservedValueOf<O>> {
  return defer(() => {
    const leave = join();
    let spoken = false;
    const speak = () => {
      if (spoken) return;
      spoken = true;
      permit.acknowledged();
    };
    return from(project(permit)).pipe(
      tap({ next: speak, complete: speak }),
      catchError(error => {
        if (spoken || !isChatError(error) || error.kind !== 'rate_limit') throw error;
        const told = error.retryAfterMs ?? Number.NaN;
        return permit.refused(told >= 0 ? told : waitUnlessTold).pipe(
          throwIfEmpty(() => error), // `project` has sent it back by itself
          mergeMap(next => attempt(next as FlyingPermit, project, join)),
        );
      }),
      finalize(() => {
        permit.end();
        leave();
      }),
    ) as Observable<ObservedValueOf<O>>;
  });
}

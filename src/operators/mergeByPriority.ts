import { from, map, merge, type Observable, type ObservableInput, type ObservedValueOf } from 'rxjs';
import type { Priority } from '../limits/index.js';
import { checkPriority } from './withPriority.js';

/** What to merge, by priority: 1 (most urgent) … 10. */
export type PrioritySources = { readonly [P in Priority]?: ObservableInput<unknown> };

type Merged<S> = ObservedValueOf<Extract<S[keyof S], ObservableInput<unknown>>>;

/**
 * Merges sources and stamps on each value the priority of the source it came from: on a shallow copy, or as `project` makes it.
 * The most urgent source is subscribed first. What to do with the priorities is up to `rateWindow` or the client further down.
 *
 * ```
 * 1:  --u-----|
 * 5:  a---b-----|
 *     a-u-b-----|      a, b as { …, priority: 5 }, u as { …, priority: 1 }
 * ```
 * **Gotcha**: values that are no objects can't be stamped; give `project` for them.
 * @throws TypeError when made with a key that is no priority
 */
export function mergeByPriority<S extends PrioritySources>(
  sources: S,
): Observable<Merged<S> extends object ? Omit<Merged<S>, 'priority'> & { priority: Priority } : never>;
export function mergeByPriority<S extends PrioritySources, R>(
  sources: S,
  project: (value: Merged<S>, priority: Priority) => R,
): Observable<R>;
export function mergeByPriority(
  sources: PrioritySources,
  project: (value: never, priority: Priority) => unknown = stamp,
): Observable<unknown> {
  // Keys that are integers are enumerated in rising order: the most urgent first.
  const streams = Object.entries(sources).map(([key, source]) => {
    const priority = Number(key);
    checkPriority(priority);
    return from(source as ObservableInput<never>).pipe(map(value => project(value, priority)));
  });
  return merge(...streams);
}

function stamp(value: unknown, priority: Priority): object {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(
      `mergeByPriority: can't stamp a priority on ${String(value)}; say as second argument what to make of it`,
    );
  }
  return { ...value, priority };
}

import { map, type Observable } from 'rxjs';
import { isPriority, type Priority } from '../limits/index.js';

/**
 * Stamps a priority on a shallow copy of each value.
 *
 * ```
 * source            a---b--|
 * withPriority(1)   a---b--|     each as { …, priority: 1 }
 * ```
 * @param priority 1 (most urgent) … 10
 * @throws TypeError when made with anything else
 * @see mergeByPriority
 */
export function withPriority<P extends Priority>(
  priority: P,
): <T extends object>(source: Observable<T>) => Observable<Omit<T, 'priority'> & { priority: P }> {
  checkPriority(priority);
  return source => source.pipe(map(value => ({ ...value, priority })));
}

/** @throws TypeError unless it is an integer from 1 to 10 */
export function checkPriority(priority: unknown): asserts priority is Priority {
  if (!isPriority(priority)) throw new TypeError(`priority: expected an integer from 1 to 10, got ${String(priority)}`);
}

import type { MonoTypeOperatorFunction } from 'rxjs';
import { type PaceOptions, pace, type UnitsOf, type Windows } from './pace.js';

/**
 * Delays each value until its windows allow it: what fits leaves in the same turn, the rest at the first instant at which
 * it fits; by priority, and in order of arrival within one. Emits values (unlike RxJS's own `window*` operators).
 *
 * ```
 * source                                    a-b-c-d|
 * rateWindow({ limit: 2, per: 5 })          a-b--c-(d|)      c waits until a is 5 old, d until b is
 * ```
 * - Several windows: a value is counted in all of them or in none.
 * - An Observable of windows gives live limits; values wait until its first.
 * - Counts and line belong to this call, so `retry` and `repeat` after it don't begin a new quota.
 * - A source error passes at once and drops the line; completion waits for the line; unsubscribing drops it.
 *
 * ```ts
 * prompts$.pipe(rateWindow([{ limit: 30, per: '1m' }, { limit: 6000, per: '1m', unit: 'tokens' }], { cost: p => ({ tokens: p.tokens }) }))
 * ```
 * Fails with `RequestTooLargeError` at a value that costs more than a whole window (`onImpossible: 'drop'` leaves it out instead), with
 * `QueueFullError` beyond `maxQueue`, with `RequestInvalidError` for a cost or priority that is none.
 * @throws TypeError when made with windows or options that make no sense
 * @see rateWindowMap for work that takes time; mergeByPriority
 */
export function rateWindow<T, const W extends Windows = Windows>(
  windows: W,
  options: PaceOptions<T, UnitsOf<W>> = {},
): MonoTypeOperatorFunction<T> {
  return pace<T, T>(windows, options as PaceOptions<T>, false, value => value);
}

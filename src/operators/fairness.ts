import { RequestInvalidError } from '../errors/index.js';

/** Whose a value is: a key; or a key and its weight (above 0): a key of weight 2 gets twice what one of weight 1 gets. */
export type FairBy<T> =
  | ((value: T) => unknown)
  | { readonly key: (value: T) => unknown; readonly weight: (value: T) => number };

/**
 * @throws TypeError for what is no function, nor two of them
 * @throws (when asked for a weight) RequestInvalidError for one that is none
 */
export function fairness<T>(fairBy: FairBy<T> | undefined): {
  readonly keyOf: ((value: T) => unknown) | undefined;
  readonly weightOf: ((value: T) => number) | undefined;
} {
  if (fairBy === undefined || typeof fairBy === 'function') return { keyOf: fairBy, weightOf: undefined };
  const { key, weight } = fairBy ?? {};
  if (typeof key !== 'function' || typeof weight !== 'function')
    throw new TypeError('fairBy: expected a function, or two as { key, weight }');
  return {
    keyOf: key,
    weightOf(value) {
      const given = weight(value);
      if (given > 0 && given < Number.POSITIVE_INFINITY) return given;
      throw new RequestInvalidError(`fairBy.weight: expected a number above 0, got ${String(given)}`, {
        field: 'fairBy.weight',
      });
    },
  };
}

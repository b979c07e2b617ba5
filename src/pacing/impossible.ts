import { QueueFullError, RateLimitError, RequestTooLargeError } from '../errors/index.js';
import { windowName } from '../limits/index.js';
import type { Counts } from './quota.js';

/** The error of a cost that some window can never hold; undefined if each can. */
export function tooLarge(counts: Counts, amounts: ArrayLike<number>, offset: number): RequestTooLargeError | undefined {
  const window = counts.impossible(amounts, offset);
  if (!window) return undefined;
  const requested = amounts[offset + counts.units.indexOf(window.unit)]!;
  const name = windowName(window);
  return new RequestTooLargeError(
    `The request needs ${requested} ${window.unit}, but the window "${name}" never holds more than ${window.limit}. ` +
      'Shorten the prompt, lower max_completion_tokens, or raise the limit.',
    { requested, limit: window.limit, window: name },
  );
}

/** The error of one that would have to wait longer than `maxWait` for the window number `by`. */
export function outOfQuota(
  counts: Counts,
  amounts: ArrayLike<number>,
  offset: number,
  by: number,
  retryAfterMs: number,
): RateLimitError {
  const { window, column } = counts.windows[by]!;
  const { limit, used } = counts.use()[by]!;
  const name = windowName(window);
  return new RateLimitError(
    `The quota of "${name}" has no room for ${Math.ceil(retryAfterMs / 1000)} s (used ${used} of ${limit}), longer than maxWait. ` +
      'It was not sent. Raise maxWait, send it later, or take another model.',
    { retryAfterMs, limit, used, requested: amounts[offset + column]!, window: name },
  );
}

export function queueFull(maxQueue: number): QueueFullError {
  return new QueueFullError(
    `The line already holds ${maxQueue} requests (maxQueue). Send fewer at once, or raise maxQueue.`,
    { maxQueue },
  );
}

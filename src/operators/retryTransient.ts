import { defer, type MonoTypeOperatorFunction, retry, type SchedulerLike, tap, throwError, timer } from 'rxjs';
import { isChatError } from '../errors/index.js';

/** How often and how patiently to try again. */
export interface RetryPolicy {
  /** Retries after faults of the moment: connection errors, 408, 409, 498, 5xx. 0 = none. @default 3 */
  readonly maxRetries: number;
  /** Retries after 429, which have a bound of their own. @default 10 */
  readonly maxRefusals: number;
  /** ms; the n-th retry waits random(0 … min(maxDelay, baseDelay × 2ⁿ⁻¹)): full jitter. @default 500 */
  readonly baseDelay: number;
  /** ms @default 20000 */
  readonly maxDelay: number;
  /** ms; a server that asks for a longer wait gets its error passed on at once. @default 600000 */
  readonly maxWait: number;
  /** A number from 0 to below 1. @default Math.random */
  readonly random: () => number;
  /** @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxRetries: 3,
  maxRefusals: 10,
  baseDelay: 500,
  maxDelay: 20_000,
  maxWait: 600_000,
  random: Math.random,
};

/** What has been tried so far. */
export interface Attempts {
  /** After faults of the moment. */
  retries: number;
  /** After 429. */
  refusals: number;
}

/**
 * ms to wait before another attempt, or undefined if there must be none. Counts the attempt.
 * What the server asks for is the least; "full jitter" is after M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export function nextAttempt(error: unknown, attempts: Attempts, policy: RetryPolicy): number | undefined {
  if (!isChatError(error) || !error.retryable) return undefined;
  const asked = error.kind === 'rate_limit' || error.kind === 'api' ? error.retryAfterMs : undefined;
  if (asked !== undefined && asked > policy.maxWait) return undefined;
  if (error.kind === 'rate_limit') {
    if (attempts.refusals >= policy.maxRefusals) return undefined;
    attempts.refusals++;
    return asked === undefined ? backoff(attempts.refusals, policy) : asked + spread(attempts.refusals, asked, policy);
  }
  if (attempts.retries >= policy.maxRetries) return undefined;
  attempts.retries++;
  return Math.max(asked ?? 0, backoff(attempts.retries, policy));
}

/** From its second refusal in a row on, a request waits longer than it was told: others were told the same. */
function spread(refusals: number, asked: number, { random }: RetryPolicy): number {
  return refusals < 2 ? 0 : Math.ceil(random() * Math.min(60_000, asked * 2 ** (refusals - 1)));
}

function backoff(attempt: number, { baseDelay, maxDelay, random }: RetryPolicy): number {
  return Math.ceil(random() * Math.min(maxDelay, baseDelay * 2 ** (attempt - 1)));
}

/**
 * Subscribes again after a fault of the moment, until something has been delivered: text that a user has seen is never repeated.
 *
 * ```
 * source                          --#            503
 * again after 0 … 500 ms              --a--b|
 * retryTransient()                ------a--b|
 * ```
 * - Faults of the moment are errors of this library that are `retryable`; anything else passes at once.
 * - What the client has already retried (`error.attempts` above 1) passes, so that retries never multiply.
 */
export function retryTransient<T>(policy: Partial<RetryPolicy> = {}): MonoTypeOperatorFunction<T> {
  const full: RetryPolicy = { ...defaultRetryPolicy, ...policy };
  return source =>
    defer(() => {
      const attempts: Attempts = { retries: 0, refusals: 0 };
      let delivered = false;
      return source.pipe(
        tap(() => {
          delivered = true;
        }),
        retry({
          delay(error) {
            const done = delivered || (isChatError(error) && error.attempts > 1);
            const wait = done ? undefined : nextAttempt(error, attempts, full);
            return wait === undefined ? throwError(() => error) : timer(wait, full.scheduler);
          },
        }),
      );
    });
}

import { defer, type MonoTypeOperatorFunction, retry, type SchedulerLike, tap, throwError, timer } from 'rxjs';
import { isChatError } from '../errors/index.js';
import { atLeast, clockOf, optionsOf } from '../pacing/index.js';
import { type RetryBudget, retryAccount } from './retryBudget.js';

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
  /**
   * Of all retries together (a client's, or those of one call of `retryTransient`), but for those after 429, which are paced anyway. Where it
   * is used up, errors are passed on at once and say so. false = no bound. @default { ratio: 0.2, floor: 30 }
   */
  readonly budget: RetryBudget | false;
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
  budget: {},
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
 * `allowed` is asked last, for a retry that is not after a 429.
 * What the server asks for is the least; "full jitter" is after M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export function nextAttempt(
  error: unknown,
  attempts: Attempts,
  policy: RetryPolicy,
  allowed: () => boolean,
): number | undefined {
  if (!isChatError(error) || !error.retryable) return undefined;
  const asked = error.kind === 'rate_limit' || error.kind === 'api' ? error.retryAfterMs : undefined;
  if (asked !== undefined && asked > policy.maxWait) return undefined;
  if (error.kind === 'rate_limit') {
    if (attempts.refusals >= policy.maxRefusals) return undefined;
    attempts.refusals++;
    return asked === undefined ? backoff(attempts.refusals, policy) : asked + spread(attempts.refusals, asked, policy);
  }
  if (attempts.retries >= policy.maxRetries) return undefined;
  if (!allowed()) {
    error.message += outOfBudget;
    return undefined;
  }
  attempts.retries++;
  return Math.max(asked ?? 0, backoff(attempts.retries, policy));
}

const outOfBudget = ' It is not sent again: the budget for retries (retry.budget) is used up.';

/** From its second refusal in a row on, a request waits longer than it was told: others were told the same. */
function spread(refusals: number, asked: number, policy: RetryPolicy): number {
  return refusals < 2 ? 0 : upTo(Math.min(60_000, asked * 2 ** (refusals - 1)), policy);
}

function backoff(attempt: number, policy: RetryPolicy): number {
  return upTo(Math.min(policy.maxDelay, policy.baseDelay * 2 ** (attempt - 1)), policy);
}

function upTo(most: number, { random }: RetryPolicy): number {
  const part = random();
  atLeast('retry.random', part, 0); // a line that has waited for NaN would never wait again
  return Math.ceil(Math.min(1, part) * most);
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
 * - All subscriptions together retry no more than `budget` allows.
 * - What the client has already retried (`error.attempts` above 1) passes, so that retries never multiply.
 * @throws TypeError when made with a number that is none
 */
export function retryTransient<T>(policy: Partial<RetryPolicy> = {}): MonoTypeOperatorFunction<T> {
  const full = optionsOf('retry', defaultRetryPolicy, policy);
  const account = retryAccount(full.budget, clockOf(full.scheduler).now);
  return source =>
    defer(() => {
      account.sent();
      const attempts: Attempts = { retries: 0, refusals: 0 };
      let delivered = false;
      return source.pipe(
        tap(() => {
          delivered = true;
        }),
        retry({
          delay(error) {
            const done = delivered || (isChatError(error) && error.attempts > 1);
            const wait = done ? undefined : nextAttempt(error, attempts, full, account.take);
            return wait === undefined ? throwError(() => error) : timer(wait, full.scheduler);
          },
        }),
      );
    });
}

import { optionsOf } from '../pacing/index.js';

/**
 * How many retries there may be in all, so that a server that is down does not get several times the requests that it can't answer when it
 * is up: per minute `floor` of them, or `ratio` of the first attempts if that is more. After the retry budgets of Finagle (20 % and a
 * reserve, by default) and of gRPC ("Retry Throttling" of its proposal A6).
 */
export interface RetryBudget {
  /** Retries for each first attempt. @default 0.2 */
  readonly ratio?: number;
  /** Retries a minute that there may be at any rate. @default 30 */
  readonly floor?: number;
}

/** What has been spent of it. */
export interface RetryAccount {
  /** A request has been sent for the first time. */
  sent(): void;
  /** Takes a retry out; false where there is none left. */
  take(): boolean;
}

const minute = 60_000;
const slots = 60;
const slot = minute / slots;

/** @throws TypeError naming the field */
export function retryAccount(budget: RetryBudget | false, now: () => number): RetryAccount {
  if (!budget) return { sent() {}, take: () => true };
  const { ratio, floor } = optionsOf('retry.budget', { ratio: 0.2, floor: 30 }, budget);
  /** First attempts by seconds, in a ring; a second that has only half left the minute is not counted. */
  const firsts = new Float64Array(slots);
  let total = 0;
  let newest = Math.floor(now() / slot);
  /** Instants of the retries of the last minute; never more than there may be. */
  let retries: number[] = [];

  const advance = (): void => {
    const second = Math.floor(now() / slot);
    const until = Math.min(second, newest + slots);
    for (let passed = newest + 1; passed <= until; passed++) {
      total -= firsts[passed % slots]!;
      firsts[passed % slots] = 0;
    }
    newest = Math.max(newest, second);
  };
  return {
    sent() {
      advance();
      firsts[newest % slots]!++;
      total++;
    },
    take() {
      advance();
      retries = retries.filter(at => at > now() - minute);
      if (retries.length + 1 > Math.max(floor, ratio * total)) return false;
      retries.push(now());
      return true;
    },
  };
}

/**
 * The three ways a server may count a quota. Each counter is a pure function of the instants it is told: no clock in here.
 *
 *     limit 4, four requests at 0, per = 60 s      next one fits after      all four fit again after
 *     bucket    refilled at limit / per            15 s                     60 s
 *     sliding   counts (now - per, now]            60 s                     60 s
 *     fixed     counts since the last whole per    60 s                     60 s, but at 59 s it would be 1 s
 *
 * Shares nothing with the library's own pacing, on purpose: it is the judge of it.
 */

export type Counting = 'bucket' | 'sliding' | 'fixed';

/** What one request has taken; handed back to correct it. */
export interface Charge {
  amount: number;
  readonly at: number;
}

/** Instants and lengths in ms. `now` must never run backwards. */
export interface Counter {
  readonly limit: number;
  readonly per: number;
  /** Units counted at this instant. */
  used(now: number): number;
  /** ms until `amount` more fits: 0 = now, Infinity = not under this limit. */
  waitFor(amount: number, now: number): number;
  /** ms until nothing is counted any more. */
  untilFull(now: number): number;
  /** Counts, whether it fits or not. */
  take(amount: number, now: number): Charge;
  /** Replaces what a charge took by what it really was, where it is still counted. */
  correct(charge: Charge, amount: number, now: number): void;
  setLimit(limit: number, now: number): void;
}

/** Rounding of doubles, in units and in ms: without it a request that comes back exactly when told may be 1e-13 early. */
const ROUNDING = 1e-6;

export function createCounter(counting: Counting, limit: number, per: number): Counter {
  if (counting === 'bucket') return bucketCounter(limit, per);
  return counting === 'sliding' ? slidingCounter(limit, per) : fixedCounter(limit, per);
}

/** Does `amount` fit on top of `used`? */
export function fits(used: number, amount: number, limit: number): boolean {
  return used + amount <= limit + ROUNDING;
}

function bucketCounter(startLimit: number, per: number): Counter {
  let limit = startLimit;
  // `level` units had not yet drained at the instant `levelAt`.
  let level = 0;
  let levelAt = 0;
  const used = (now: number): number => Math.max(0, level - ((now - levelAt) * limit) / per);
  const fill = (amount: number, now: number): void => {
    level = Math.max(0, used(now) + amount);
    levelAt = now;
  };
  return {
    get limit() {
      return limit;
    },
    per,
    used,
    waitFor(amount, now) {
      if (fits(used(now), amount, limit)) return 0;
      return amount > limit ? Infinity : ((used(now) + amount - limit) * per) / limit;
    },
    untilFull: now => (used(now) > 0 ? (used(now) * per) / limit : 0),
    take(amount, now) {
      fill(amount, now);
      return { amount, at: now };
    },
    correct(charge, amount, now) {
      fill(amount - charge.amount, now);
      charge.amount = amount;
    },
    setLimit(next, now) {
      fill(0, now);
      limit = next;
    },
  };
}

function slidingCounter(startLimit: number, per: number): Counter {
  let limit = startLimit;
  // charges[first…] are those still inside the window; `sum` is theirs.
  let charges: Charge[] = [];
  let first = 0;
  let sum = 0;
  const expire = (now: number): void => {
    for (
      let oldest = charges[first];
      oldest !== undefined && oldest.at <= now - per + ROUNDING;
      oldest = charges[first]
    ) {
      sum -= oldest.amount;
      first++;
    }
    if (first > 1024 && first * 2 > charges.length) {
      charges = charges.slice(first);
      first = 0;
    }
    if (first === charges.length) sum = 0;
  };
  return {
    get limit() {
      return limit;
    },
    per,
    used(now) {
      expire(now);
      return sum;
    },
    waitFor(amount, now) {
      expire(now);
      if (fits(sum, amount, limit)) return 0;
      let left = sum;
      for (let index = first; index < charges.length; index++) {
        const charge = charges[index]!;
        left -= charge.amount;
        if (fits(left, amount, limit)) return charge.at + per - now;
      }
      return Infinity;
    },
    untilFull(now) {
      expire(now);
      const newest = charges.at(-1);
      return first === charges.length || newest === undefined ? 0 : newest.at + per - now;
    },
    take(amount, now) {
      expire(now);
      const charge = { amount, at: now };
      charges.push(charge);
      sum += amount;
      return charge;
    },
    correct(charge, amount, now) {
      expire(now);
      if (charge.at > now - per + ROUNDING) sum += amount - charge.amount;
      charge.amount = amount;
    },
    setLimit(next) {
      limit = next;
    },
  };
}

function fixedCounter(startLimit: number, per: number): Counter {
  let limit = startLimit;
  let sum = 0;
  let window = 0;
  const windowOf = (now: number): number => Math.floor(now / per);
  const used = (now: number): number => {
    if (windowOf(now) !== window) {
      window = windowOf(now);
      sum = 0;
    }
    return sum;
  };
  const untilNext = (now: number): number => (windowOf(now) + 1) * per - now;
  return {
    get limit() {
      return limit;
    },
    per,
    used,
    waitFor(amount, now) {
      if (fits(used(now), amount, limit)) return 0;
      return amount > limit ? Infinity : untilNext(now);
    },
    untilFull: now => (used(now) > 0 ? untilNext(now) : 0),
    take(amount, now) {
      used(now);
      sum += amount;
      return { amount, at: now };
    },
    correct(charge, amount, now) {
      used(now);
      if (windowOf(charge.at) === window) sum += amount - charge.amount;
      charge.amount = amount;
    },
    setLimit(next) {
      limit = next;
    },
  };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Charge, type Counting, createCounter, fits } from '../../src/simulator/counting.js';

/** The rule in its plainest form: everything ever taken, looked through each time. */
function bruteForce(counting: Counting, limit: number, per: number) {
  const taken: { at: number; amount: number }[] = [];
  const used = (now: number): number => {
    if (counting === 'sliding') {
      return taken.filter(({ at }) => at > now - per).reduce((sum, { amount }) => sum + amount, 0);
    }
    if (counting === 'fixed') {
      const window = Math.floor(now / per);
      return taken.filter(({ at }) => Math.floor(at / per) === window).reduce((sum, { amount }) => sum + amount, 0);
    }
    let level = 0;
    let last = 0;
    for (const { at, amount } of [...taken, { at: now, amount: 0 }]) {
      level = Math.max(0, level - ((at - last) / per) * limit) + amount;
      last = at;
    }
    return level;
  };
  return { used, take: (amount: number, at: number) => taken.push({ at, amount }) };
}

const countings = ['bucket', 'sliding', 'fixed'] as const;
const arrivals = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 400 }), amount: fc.integer({ min: 1, max: 12 }) }),
  {
    maxLength: 60,
  },
);

describe.each(countings)('a %s counter', counting => {
  it('counts what the plain rule counts, and never more than its limit', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 12, max: 40 }), (requests, limit) => {
        const per = 1000;
        const counter = createCounter(counting, limit, per);
        const plain = bruteForce(counting, limit, per);
        let now = 0;
        for (const { after, amount } of requests) {
          now += after;
          expect(counter.used(now)).toBeCloseTo(plain.used(now), 6);
          const admitted = counter.waitFor(amount, now) === 0;
          expect(admitted).toBe(fits(plain.used(now), amount, limit));
          if (!admitted) continue;
          counter.take(amount, now);
          plain.take(amount, now);
          expect(counter.used(now)).toBeLessThanOrEqual(limit + 1e-6);
        }
      }),
    );
  });

  it('names the first instant at which a request fits: then it does, 0.01 ms before it does not', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 12 }), (requests, amount) => {
        const per = 1000;
        const counter = createCounter(counting, 12, per);
        const plain = bruteForce(counting, 12, per);
        let now = 0;
        for (const request of requests) {
          now += request.after;
          if (counter.waitFor(request.amount, now) > 0) continue;
          counter.take(request.amount, now);
          plain.take(request.amount, now);
        }
        const wait = counter.waitFor(amount, now);
        expect(wait).toBeLessThanOrEqual(per);
        expect(fits(plain.used(now + wait + 1e-9), amount, 12)).toBe(true);
        if (wait > 0.01) expect(fits(plain.used(now + wait - 0.01), amount, 12)).toBe(false);
      }),
    );
  });

  it('is empty after untilFull, and was not 0.01 ms before', () => {
    const counter = createCounter(counting, 8000, 60_000);
    counter.take(80, 1000);
    const full = counter.untilFull(1000);
    expect(counter.used(1000 + full - 0.01)).toBeGreaterThan(0);
    expect(counter.used(1000 + full)).toBeCloseTo(0, 9);
  });

  it('never lets in what is more than the limit', () => {
    expect(createCounter(counting, 10, 1000).waitFor(11, 0)).toBe(Infinity);
  });

  it('keeps what has been counted when the limit changes', () => {
    const counter = createCounter(counting, 10, 1000);
    counter.take(10, 0);
    counter.setLimit(20, 0);
    expect(counter.used(0)).toBe(10);
    expect(counter.waitFor(10, 0)).toBe(0);
    counter.setLimit(5, 0);
    expect(counter.waitFor(1, 0)).toBeGreaterThan(0);
  });

  it('gives back by a correction, as if the smaller amount had been taken, where nothing had been refilled', () => {
    const counter = createCounter(counting, 10, 1000);
    const charge: Charge = counter.take(10, 0);
    counter.correct(charge, 4, 0);
    expect(counter.used(0)).toBe(4);
    counter.correct(charge, 12, 0);
    expect(counter.used(0)).toBe(12);
  });

  it('forgets a correction that comes when the charge is no longer counted', () => {
    const counter = createCounter(counting, 10, 1000);
    const charge = counter.take(10, 0);
    counter.correct(charge, 1, 5000);
    expect(counter.used(5000)).toBe(0);
    expect(counter.waitFor(11, 5000)).toBe(Infinity);
  });
});

describe('the three ways of counting, 35 requests at 30 a minute', () => {
  const waits = (counting: Counting, at: number): number[] => {
    const counter = createCounter(counting, 30, 60_000);
    for (let request = 0; request < 30; request++) counter.take(1, at);
    return [1, 2, 5].map(more => counter.waitFor(more, at));
  };

  it('a bucket has room for one after 2 s, for five after 10 s', () => {
    expect(waits('bucket', 0)).toEqual([2000, 4000, 10_000]);
  });

  it('a sliding window has room for all when the burst is a minute old', () => {
    expect(waits('sliding', 7000)).toEqual([60_000, 60_000, 60_000]);
  });

  it('a fixed window has room for all at the next whole minute', () => {
    expect(waits('fixed', 59_000)).toEqual([1000, 1000, 1000]);
  });
});

import type { Window } from '../limits/index.js';

interface Bucket {
  readonly name: string;
  readonly column: number;
  /** Our part of its refill, in units a ms. */
  readonly rate: number;
  /** What is taken of our part. */
  level: number;
  /** What would be taken of it, had nothing gone but what Redis knows. */
  known: number;
  /** What was said last of the difference. */
  told: number;
}

/**
 * What a process takes of buckets by itself while Redis is away. It has an nth part of each: of the level, as it was heard last, and of the refill.
 *
 *     level   ╱╲
 *            ╱  ╲  ╱╲         what went here
 *     ──────╱────╲╱──╲──
 *      known ╲                what Redis makes of our part meanwhile: it only refills
 *             ╲____           the difference is told when Redis is back
 *
 * The parts together refill as fast as the whole, so Redis' level with all differences is never lower than the server's. Single amounts with
 * their ages could not say that: each would be forgiven the whole refill.
 */
export class Apart {
  private readonly buckets: readonly Bucket[];
  private at: number;
  /** Nothing has gone since it was told. */
  isTold = false;

  /** @param used what was taken of each, as it was heard last */
  constructor(
    buckets: readonly {
      readonly name: string;
      readonly window: Window;
      readonly column: number;
      readonly used: number;
    }[],
    processes: number,
    now: number,
  ) {
    this.at = now;
    this.buckets = buckets.map(({ name, window: { limit, per }, column, used }) => {
      const part = used / processes;
      return { name, column, rate: limit / per / processes, level: part, known: part, told: 0 };
    });
  }

  take(amounts: ArrayLike<number>, now: number): void {
    this.refill(now);
    for (const bucket of this.buckets) bucket.level += Math.max(0, amounts[bucket.column] ?? 0);
    this.isTold = false;
  }

  /** What Redis does not know; from now on it does. */
  tell(now: number): (readonly [name: string, amount: number])[] {
    this.refill(now);
    this.isTold = true;
    return this.buckets.map(bucket => {
      bucket.told = bucket.level - bucket.known;
      bucket.known = bucket.level;
      return [bucket.name, bucket.told] as const;
    });
  }

  /** It was not heard. */
  untell(): void {
    this.isTold = false;
    for (const bucket of this.buckets) {
      bucket.known = Math.max(0, bucket.known - bucket.told);
      bucket.told = 0;
    }
  }

  private refill(now: number): void {
    for (const bucket of this.buckets) {
      const back = bucket.rate * Math.max(0, now - this.at);
      bucket.level = Math.max(0, bucket.level - back);
      bucket.known = Math.max(0, bucket.known - back);
    }
    this.at = Math.max(this.at, now);
  }
}

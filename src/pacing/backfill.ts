import type { Chunk, Place } from './lane.js';
import type { Line } from './line.js';
import { optionsOf } from './optionsOf.js';
import type { Counts } from './quota.js';

export interface Backfill {
  /** How many behind the first are considered. */
  readonly depth: number;
  /** By how much those of its own priority may delay the first, in all: a share of the shortest window. */
  readonly slack: number;
}

const defaultBackfill: Backfill = { depth: 100, slack: 0.02 };

/** The option, which is true for the default. @throws TypeError for a depth or slack that is none */
export function toBackfill(given: boolean | Partial<Backfill>): false | Backfill {
  return given && optionsOf('backfill', defaultBackfill, given === true ? {} : given);
}

/**
 * Lets smaller items go while the first in line waits for room (EASY backfilling: D. Lifka, "The ANL/IBM SP Scheduling
 * System", 1995): whoever leaves the first's own instant untouched may go, the largest first. Those of the first's own
 * priority may move that instant, but all together by no more than `slack`.
 */
export class Backfiller {
  /** Instant at which the next candidate may go, as `find` saw it. */
  wake: number = Number.POSITIVE_INFINITY;
  /** By arrival of a first in line: ms by which it has been delayed. */
  private readonly spent = new Map<number, number>();
  /** The first in line and its instant when one of its own priority went before it. */
  private delaying: { arrival: number; at: number } | undefined = undefined;

  constructor(
    private readonly options: Backfill,
    private readonly counts: Counts,
    private readonly line: Line,
  ) {}

  /** One that decides as this one will, in copies of what it decides by. */
  rehearsal(counts: Counts, line: Line): Backfiller {
    const { options, spent, delaying } = this;
    return Object.assign(new Backfiller(options, counts, line), { spent: new Map(spent), delaying });
  }

  /** The item is no longer in line. */
  forget(arrival: number): void {
    this.spent.delete(arrival);
  }

  /**
   * The largest that may go now while `first` waits until `at` for window number `by`. One that goes is counted until `landing` at
   * least (its admission, or the end of its flight).
   */
  find(first: Place, at: number, by: number, now: number, landing: number): Place | undefined {
    const { counts, line } = this;
    const columns = counts.units.length;
    const arrival = first.chunk.arrivals[first.index]!;
    const level = line.level(first.chunk, first.index, now);
    const { column } = counts.windows[by]!;
    const deadline = Math.floor(at + this.left(arrival, at)); // it goes at whole ms: a part of one would round up
    const offset = first.index * columns;
    const spareOfLower = counts.spareAt(at, first.chunk.amounts, offset, landing);
    const spareOfSame = deadline > at ? counts.spareAt(deadline, first.chunk.amounts, offset, landing) : spareOfLower;
    let best: Place | undefined;
    let bestSize = Number.NEGATIVE_INFINITY;
    let bestIsLower = true;
    this.wake = at;
    line.walk(this.options.depth + 1, (chunk, index) => {
      if (chunk === first.chunk && index === first.index) return true;
      const { amounts } = chunk;
      const start = index * columns;
      const lower = line.level(chunk, index, now) > level;
      if (!this.within(lower ? spareOfLower : spareOfSame, chunk, start)) return true;
      if (!counts.fits(amounts, start)) {
        this.wake = Math.min(this.wake, counts.room(amounts, start, now).at);
      } else if (amounts[start + column]! > bestSize) {
        best = { chunk, index };
        bestSize = amounts[start + column]!;
        bestIsLower = lower;
      }
      return true;
    });
    if (best && !bestIsLower) this.delaying = { arrival, at };
    return best;
  }

  /** How much longer (ms) its own priority may still delay the first, which now goes at `at`. */
  private left(arrival: number, at: number): number {
    let spent = this.spent.get(arrival) ?? 0;
    if (this.delaying?.arrival === arrival && at > this.delaying.at) {
      spent += at - this.delaying.at;
      this.spent.set(arrival, spent);
    }
    this.delaying = undefined;
    let shortest = Number.POSITIVE_INFINITY;
    for (const { window } of this.counts.windows) shortest = Math.min(shortest, window.per);
    return Math.max(0, this.options.slack * shortest - spent);
  }

  /** False also where the cost is not known yet (NaN). */
  private within(spare: readonly number[], chunk: Chunk, start: number): boolean {
    const { windows } = this.counts;
    for (let index = 0; index < windows.length; index++) {
      if (!(chunk.amounts[start + windows[index]!.column]! <= spare[index]!)) return false;
    }
    return true;
  }
}

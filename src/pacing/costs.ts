import type { Cost, Priority } from '../limits/index.js';
import { fillAmounts } from './amounts.js';
import type { Chunk, Place } from './lane.js';
import type { Line } from './line.js';
import type { PacedOwner } from './paced.js';
import type { Counts } from './quota.js';
import { type Reserve, type ReservedColumn, reservedColumns } from './reserve.js';

type AnyOwner = PacedOwner<unknown>;

/** What those in line cost, as amounts vectors: the first number is NaN for as long as the cost is not known. */
export class Costs {
  private scratch = new Float64Array(1);
  private reserved: readonly ReservedColumn[] = [];
  /** Items in line whose cost may be unknown; made exact by `askNear`. */
  private unknown = 0;

  /** @param depth how many from the head on are asked for their costs, where these are not known */
  constructor(
    private readonly counts: Counts,
    private readonly line: Line,
    private readonly depth: number,
    private readonly reserve: Reserve | undefined,
  ) {}

  /** Whether nobody in line waits for a cost to be known. */
  get areKnown(): boolean {
    return this.unknown === 0;
  }

  /** Somebody stands in line whose cost is not known. */
  await(): void {
    this.unknown++;
  }

  /** The columns are others now. */
  setColumns(): void {
    this.reserved = this.reserve ? reservedColumns(this.counts.units, this.reserve) : [];
    this.line.setColumns(this.counts.units.length);
  }

  /**
   * Reads a cost into the vector that is used for arrivals; valid until the next call.
   * @throws RequestInvalidError for a cost that is none
   */
  amountsOf(cost: Cost | undefined, priority: Priority): Float64Array<ArrayBuffer> {
    const { units } = this.counts;
    if (this.scratch.length < units.length) this.scratch = new Float64Array(units.length);
    if (cost === undefined) this.scratch.fill(Number.NaN);
    else this.fill(this.scratch, cost, priority);
    return this.scratch;
  }

  /** @param otherwise what counts in the units that the cost does not name */
  fill(amounts: Float64Array | number[], cost: Cost, priority: Priority, otherwise?: ArrayLike<number>): void {
    fillAmounts(amounts, this.counts.units, cost, otherwise);
    for (const reserved of this.reserved)
      amounts[reserved.column] = priority > reserved.priority ? amounts[reserved.base]! : 0;
  }

  /** Writes a waiting item's cost into its place. Answers whether it was another. */
  write(chunk: Chunk, index: number, cost: Cost): boolean {
    const columns = this.counts.units.length;
    const amounts = this.amountsOf(cost, chunk.lane.priority);
    let changed = false;
    for (let column = 0, place = index * columns; column < columns; column++, place++) {
      changed ||= chunk.amounts[place] !== amounts[column];
      chunk.amounts[place] = amounts[column]!;
    }
    return changed;
  }

  /** Asks for the unknown costs of those near the head. Answers whether that has changed the line. */
  askNear(): boolean {
    const { line, counts } = this;
    const columns = counts.units.length;
    const near: Place[] = [];
    line.walk(this.depth, (chunk, index) => {
      if (Number.isNaN(chunk.amounts[index * columns])) near.push({ chunk, index });
      return true;
    });
    if (near.length === 0 && line.size <= this.depth) this.unknown = 0;
    let changed = false;
    for (const { chunk, index } of near) {
      const owner = chunk.owners[index] as AnyOwner | undefined;
      owner?.near?.(chunk.values[index]);
      if (chunk.owners[index] !== owner || !Number.isNaN(chunk.amounts[index * columns])) changed = true;
    }
    return changed;
  }

  /** What an item takes of its key's turns: the largest share that it takes of any window, by the key's weight. */
  shareOf(owner: AnyOwner, value: unknown, amounts: ArrayLike<number>, offset: number): number {
    let share = 0;
    for (const { window, column } of this.counts.windows) {
      const amount = amounts[offset + column]!;
      if (amount > 0 && window.limit > 0) share = Math.max(share, amount / window.limit);
    }
    return share / (owner.weightOf?.(value) ?? 1);
  }
}

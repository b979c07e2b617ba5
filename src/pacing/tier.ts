import type { Priority } from '../limits/index.js';
import { Lane, type Shape } from './lane.js';

const nobody = {};

/**
 * All that waits at one priority: one lane; or, where keys take turns, one a key.
 *
 * Turns are start-time fair queueing (P. Goyal, H. Vin, H. Cheng, "Start-time Fair Queuing", SIGCOMM 1996): whoever has been
 * served least goes next. A key that comes anew begins where the tier is, so that being silent saves up nothing.
 *
 *     served   a ────────╮ 0.40        b's turn: 0.30
 *              b ─────╮ 0.30
 *              c ──────────╮ 0.50     tier: 0.30
 */
export class Tier {
  size = 0;
  /** Lanes that are not empty, whoever has been served least first. */
  readonly waiting: Lane[] = [];
  private readonly lanes = new Map<unknown, Lane>();
  private now = 0;

  constructor(
    readonly priority: Priority,
    private readonly shape: Shape,
  ) {}

  /** The lane to put an item of this key into; say `entered` when it is in. */
  lane(key: unknown): Lane {
    let lane = this.lanes.get(key);
    if (!lane) {
      if (this.lanes.size > 2 * this.waiting.length + 64) this.forgetIdle();
      lane = new Lane(this.priority, key, this.shape);
      this.lanes.set(key, lane);
    }
    return lane;
  }

  entered(lane: Lane): void {
    this.size++;
    if (lane.size > 1) return;
    lane.served = Math.max(lane.served, this.now);
    this.insert(lane);
  }

  left(lane: Lane): void {
    this.size--;
    if (lane.size === 0) this.waiting.splice(this.waiting.indexOf(lane), 1);
  }

  /** An item of this key has gone, which took this share of the quota (by the key's weight). */
  charge(lane: Lane, share: number): void {
    if (lane === this.waiting[0]) this.now = lane.served;
    lane.served = Math.max(lane.served, this.now) + share;
    if (lane.size === 0 || this.waiting.length === 1) return;
    this.waiting.splice(this.waiting.indexOf(lane), 1);
    this.insert(lane);
  }

  /** Takes in all that waits in another, as it stands there: each with its owner, who hears nothing of it. */
  rehearse(other: Tier): void {
    const { columns } = this.shape;
    this.now = other.now;
    for (const lane of other.waiting) {
      const copy = this.lane(lane.key);
      copy.served = lane.served;
      lane.walk(lane.size, (chunk, index) => {
        const amounts = chunk.amounts.subarray(index * columns, (index + 1) * columns);
        copy.push(
          { value: chunk.values[index], owner: chunk.owners[index] },
          nobody,
          chunk.arrivals[index]!,
          chunk.since[index] ?? 0,
          amounts,
        );
        this.entered(copy);
        return true;
      });
    }
  }

  /** See `Lane.forgetAmounts`; empty lanes too, for they keep a chunk. */
  forgetAmounts(): void {
    for (const lane of this.lanes.values()) lane.forgetAmounts();
  }

  /** Behind all that have been served as much. */
  private insert(lane: Lane): void {
    const { waiting } = this;
    let low = 0;
    let high = waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (waiting[middle]!.served <= lane.served) low = middle + 1;
      else high = middle;
    }
    waiting.splice(low, 0, lane);
  }

  private forgetIdle(): void {
    for (const [key, lane] of this.lanes) if (lane.size === 0 && lane.served <= this.now) this.lanes.delete(key);
  }
}

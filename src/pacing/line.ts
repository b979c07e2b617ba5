import type { Priority } from '../limits/index.js';
import type { Chunk, Owner, Place, Shape } from './lane.js';
import { Tier } from './tier.js';

/**
 * Everything that waits: by priority, then by turn of the key (where keys take turns), then by arrival.
 *
 *     tier 1    lane ─ chunk ⇄ chunk
 *     tier 5    lane of key a ─ chunk ⇄ chunk
 *               lane of key b ─ chunk
 *     tier 10   lane ─ chunk
 */
export class Line {
  size = 0;
  private arrival = 0;
  private readonly shape: Shape;
  private readonly tiers: readonly Tier[];

  constructor(private readonly aging: number) {
    this.shape = { columns: 0, timed: aging !== 0 };
    this.tiers = Array.from({ length: 10 }, (_, index) => new Tier((index + 1) as Priority, this.shape));
  }

  /** The next number of arrival. */
  ticket(): number {
    return this.arrival++;
  }

  /** Puts an item at the end of its lane; `key` undefined: no turns. */
  push<Value, Grant>(
    value: Value,
    owner: Owner<Value, Grant>,
    priority: Priority,
    key: unknown,
    arrival: number,
    since: number,
    amounts: ArrayLike<number>,
  ): void {
    const tier = this.tiers[priority - 1]!;
    const lane = tier.lane(key);
    lane.push(value, owner, arrival, since, amounts);
    tier.entered(lane);
    this.size++;
  }

  /** Puts an item where its arrival belongs, which may be before others. */
  putBack<Value, Grant>(
    value: Value,
    owner: Owner<Value, Grant>,
    priority: Priority,
    key: unknown,
    arrival: number,
    since: number,
    amounts: ArrayLike<number>,
  ): void {
    const tier = this.tiers[priority - 1]!;
    const lane = tier.lane(key);
    lane.putBack(value, owner, arrival, since, amounts);
    tier.entered(lane);
    this.size++;
  }

  remove(chunk: Chunk, index: number): void {
    const { lane } = chunk;
    lane.remove(chunk, index);
    this.tiers[lane.priority - 1]!.left(lane);
    this.size--;
  }

  /** An item of this key has gone at this priority, which took this share of the quota (by the key's weight). */
  charge(priority: Priority, key: unknown, share: number): void {
    const tier = this.tiers[priority - 1]!;
    tier.charge(tier.lane(key), share);
  }

  /** Takes all items of an owner out of the line. */
  drop(owner: unknown): void {
    for (const { chunk, index } of this.places()) if (chunk.owners[index] === owner) this.remove(chunk, index);
  }

  /** Finds who is next at `now` and stores it in `place`; false if nobody waits. */
  head(now: number, place: Place): boolean {
    if (this.size === 0) return false;
    let bestLevel = Number.POSITIVE_INFINITY;
    let bestArrival = 0;
    for (let index = 0; index < 10; index++) {
      const lane = this.tiers[index]!.waiting[0];
      if (!lane) continue;
      const chunk = lane.head;
      const level = this.level(chunk, chunk.start, now);
      const arrival = chunk.arrivals[chunk.start]!;
      if (level < bestLevel || (level === bestLevel && arrival < bestArrival)) {
        bestLevel = level;
        bestArrival = arrival;
        place.chunk = chunk;
        place.index = chunk.start;
      }
      if (this.aging === 0) break; // tiers are in order of urgency
    }
    return true;
  }

  /** A waiting item gains a level for every `aging` ms, up to level 1. */
  level(chunk: Chunk, index: number, now: number): number {
    const { priority } = chunk.lane;
    return this.aging === 0 ? priority : Math.max(1, priority - this.gained(chunk.since[index]!, now));
  }

  /** First instant before `until` at which aging puts another item first than `place`; else `until`. */
  overtaken(place: Place, now: number, until: number): number {
    if (this.aging === 0 || this.size === this.tiers[place.chunk.lane.priority - 1]!.size) return until;
    const other: Place = { ...place };
    for (let at = this.nextLevel(now); at < until; at = this.nextLevel(at)) {
      this.head(at, other);
      if (other.chunk !== place.chunk || other.index !== place.index) return at;
    }
    return until;
  }

  /** The one who has waited longest of all; undefined if nobody waits. */
  oldest(): Place | undefined {
    const heads = this.tiers.flatMap(({ waiting }) => waiting.map(({ head }) => ({ chunk: head, index: head.start })));
    return heads.sort((a, b) => arrivalAt(a) - arrivalAt(b))[0];
  }

  /** The least urgent, of these the one who came last; undefined if nobody waits. */
  lowest(): Place | undefined {
    const tier = this.tiers.findLast(({ waiting }) => waiting.length > 0);
    return tier?.waiting.map(({ tail }) => tail).sort((a, b) => arrivalAt(b) - arrivalAt(a))[0];
  }

  /** Visits up to `depth` items in order of priority, turn and arrival, until `visit` returns false. */
  walk(depth: number, visit: (chunk: Chunk, index: number) => boolean): void {
    let left = depth;
    for (const { waiting } of this.tiers) {
      // Each key's first are as near the head as any other's.
      const each = Math.ceil(left / Math.max(1, waiting.length));
      for (const lane of waiting) {
        const most = Math.min(left, waiting.length === 1 || depth >= this.size ? left : each);
        const notVisited = lane.walk(most, visit);
        if (notVisited < 0) return;
        left -= most - notVisited;
        if (left === 0) return;
      }
    }
  }

  /** Every waiting item, for the rare times when all must be looked at. The caller may remove what it visits. */
  places(): Place[] {
    const all: Place[] = [];
    this.walk(this.size, (chunk, index) => {
      all.push({ chunk, index });
      return true;
    });
    return all;
  }

  /** The same line once more, to see who would go when: its values are those here, each with its owner. Who goes there stays here. */
  rehearsal(): Line {
    const copy = new Line(this.aging);
    copy.shape.columns = this.shape.columns;
    copy.size = this.size;
    for (const [index, tier] of this.tiers.entries()) copy.tiers[index]!.rehearse(tier);
    return copy;
  }

  /** The number of units has changed: every cost is unknown until it is filled in anew. */
  setColumns(columns: number): void {
    this.shape.columns = columns;
    for (const tier of this.tiers) tier.forgetAmounts();
  }

  private nextLevel(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { priority, waiting } of this.tiers) {
      if (!waiting[0]) continue;
      const { head } = waiting[0];
      const since = head.since[head.start]!;
      const gained = this.gained(since, now);
      if (priority - gained > 1) next = Math.min(next, since + (gained + 1) * this.aging);
    }
    return next;
  }

  /**
   * Levels gained by `now`. The division may round down just at the instant at which a level is gained; then the next instant would
   * be this very one, and whoever steps from one to the next would never get on.
   */
  private gained(since: number, now: number): number {
    const gained = Math.floor((now - since) / this.aging);
    return now >= since + (gained + 1) * this.aging ? gained + 1 : gained;
  }
}

function arrivalAt({ chunk, index }: Place): number {
  return chunk.arrivals[index]!;
}

import type { Priority } from '../limits/index.js';

/** Who a waiting item belongs to. One owner may have many items in line. */
export interface Owner<Value, Grant> {
  /** The item goes now. It has been taken out of the line and counted before this is called. */
  admit(value: Value, grant: Grant): void;
  /** The item has been taken out of the line: it can never go. */
  impossible(value: Value, error: unknown): void;
  /** The item stands at `chunk.values[index]` from now on. */
  placed?(value: Value, chunk: Chunk, index: number): void;
}

/**
 * A piece of a lane: parallel arrays, so that a waiting item costs no object of its own.
 *
 *     lane 1   chunk ⇄ chunk ⇄ chunk        a chunk:  values    [ · a b × d … ]   × = stepped out (a tombstone)
 *     lane 5   chunk ⇄ chunk                          owners    [ · o o · o … ]
 *     …                                               arrivals  [ · 3 4 5 7 … ]   strictly rising
 *     lane 10  chunk                                  amounts   [ ······ ]         `columns` numbers an item
 *                                                            start ╯       ╰ end
 *
 * A chunk without live items is unlinked, so that items that stepped out cost nothing for long.
 */
export interface Chunk {
  readonly values: unknown[];
  readonly owners: (Owner<never, never> | undefined)[];
  /** Order of arrival over all lanes. */
  readonly arrivals: Float64Array;
  /** Instant of arrival (ms), for aging. */
  readonly since: Float64Array;
  /** NaN in the first column: the cost is not known yet. */
  amounts: Float64Array<ArrayBuffer>;
  start: number;
  end: number;
  live: number;
  lane: Lane;
  previous: Chunk | undefined;
  next: Chunk | undefined;
}

/** A waiting item's place: `chunk.values[index]`. */
export interface Place {
  chunk: Chunk;
  index: number;
}

/** The items of one priority, in order of arrival. */
export interface Lane {
  readonly priority: Priority;
  size: number;
  first: Chunk | undefined;
  last: Chunk | undefined;
  /**
   * Chunks of one item, for those that came back or changed their priority: sorted by arrival, the *earliest at the end*.
   * They stand among the others by their arrival.
   */
  readonly returned: Chunk[];
}

const chunkSize = 128;

/** Everything that waits, by priority and then by arrival. */
export class Line {
  size = 0;
  private columns = 0;
  private arrival = 0;
  private readonly lanes: readonly Lane[];

  constructor(private readonly aging: number) {
    this.lanes = Array.from({ length: 10 }, (_, index) => ({
      priority: (index + 1) as Priority,
      size: 0,
      first: undefined,
      last: undefined,
      returned: [],
    }));
  }

  /** The next number of arrival. */
  ticket(): number {
    return this.arrival++;
  }

  /** Puts an item at the end of its lane. */
  push<Value, Grant>(
    value: Value,
    owner: Owner<Value, Grant>,
    priority: Priority,
    arrival: number,
    now: number,
    amounts: ArrayLike<number>,
  ): void {
    const lane = this.lanes[priority - 1]!;
    let chunk = lane.last;
    if (!chunk || chunk.end === chunkSize) {
      const added = this.makeChunk(lane, chunkSize);
      added.previous = chunk;
      if (chunk) chunk.next = added;
      else lane.first = added;
      lane.last = chunk = added;
    }
    this.fill(chunk, value, owner, arrival, now, amounts);
  }

  /** Puts an item where its arrival belongs, which may be before others. */
  putBack<Value, Grant>(
    value: Value,
    owner: Owner<Value, Grant>,
    priority: Priority,
    arrival: number,
    since: number,
    amounts: ArrayLike<number>,
  ): void {
    const lane = this.lanes[priority - 1]!;
    const { returned } = lane;
    let index = returned.length;
    while (index > 0 && returned[index - 1]!.arrivals[0]! < arrival) index--;
    const chunk = this.makeChunk(lane, 1);
    returned.splice(index, 0, chunk);
    this.fill(chunk, value, owner, arrival, since, amounts);
  }

  remove(chunk: Chunk, index: number): void {
    const { lane } = chunk;
    chunk.values[index] = undefined;
    chunk.owners[index] = undefined;
    chunk.live--;
    lane.size--;
    this.size--;
    if (chunk.arrivals.length === 1) {
      lane.returned.splice(lane.returned.lastIndexOf(chunk), 1);
    } else if (chunk.live === 0) {
      this.unlink(chunk);
    } else if (index === chunk.start) {
      while (chunk.owners[chunk.start] === undefined) chunk.start++;
    }
  }

  /** Takes all items of an owner out of the line. */
  drop(owner: unknown): void {
    for (const lane of this.lanes) {
      for (const chunk of [...lane.returned]) if (chunk.owners[0] === owner) this.remove(chunk, 0);
      for (let chunk = lane.first; chunk; chunk = chunk.next) {
        for (let index = chunk.start, { end } = chunk; index < end; index++) {
          if (chunk.owners[index] === owner) this.remove(chunk, index);
        }
      }
    }
  }

  /** Finds who is next at `now` and stores it in `place`; false if nobody waits. */
  head(now: number, place: Place): boolean {
    if (this.size === 0) return false;
    let bestLevel = Number.POSITIVE_INFINITY;
    let bestArrival = 0;
    for (let index = 0; index < 10; index++) {
      const lane = this.lanes[index]!;
      if (lane.size === 0) continue;
      const chunk = firstChunk(lane);
      const level = this.level(chunk, chunk.start, now);
      const arrival = chunk.arrivals[chunk.start]!;
      if (level < bestLevel || (level === bestLevel && arrival < bestArrival)) {
        bestLevel = level;
        bestArrival = arrival;
        place.chunk = chunk;
        place.index = chunk.start;
      }
      if (this.aging === 0) break; // lanes are in order of urgency
    }
    return true;
  }

  /** A waiting item gains a level for every `aging` ms, up to level 1. */
  level(chunk: Chunk, index: number, now: number): number {
    const { priority } = chunk.lane;
    return this.aging === 0 ? priority : Math.max(1, priority - Math.floor((now - chunk.since[index]!) / this.aging));
  }

  /** First instant before `until` at which aging puts another item first than `place`; else `until`. */
  overtaken(place: Place, now: number, until: number): number {
    if (this.aging === 0 || this.size === place.chunk.lane.size) return until;
    const other: Place = { ...place };
    for (let at = this.nextLevel(now); at < until; at = this.nextLevel(at)) {
      this.head(at, other);
      if (other.chunk !== place.chunk || other.index !== place.index) return at;
    }
    return until;
  }

  /** Visits up to `depth` items in order of lane and arrival, until `visit` returns false. */
  walk(depth: number, visit: (chunk: Chunk, index: number) => boolean): void {
    let left = depth;
    for (let at = 0; at < 10 && left > 0; at++) {
      const lane = this.lanes[at]!;
      if (lane.size === 0) continue;
      let back = lane.returned.length - 1;
      for (let chunk = lane.first; chunk && left > 0; chunk = chunk.next) {
        for (let index = chunk.start; index < chunk.end && left > 0; index++) {
          if (chunk.owners[index] === undefined) continue;
          for (; back >= 0 && left > 0 && lane.returned[back]!.arrivals[0]! < chunk.arrivals[index]!; back--, left--) {
            if (!visit(lane.returned[back]!, 0)) return;
          }
          if (left-- > 0 && !visit(chunk, index)) return;
        }
      }
      for (; back >= 0 && left > 0; back--, left--) if (!visit(lane.returned[back]!, 0)) return;
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

  /** How many wait in this lane or a more urgent one. */
  sizeUpTo(priority: Priority): number {
    let size = 0;
    for (let index = 0; index < priority; index++) size += this.lanes[index]!.size;
    return size;
  }

  /** The number of units has changed: every cost is unknown until it is filled in anew. */
  setColumns(columns: number): void {
    this.columns = columns;
    const forget = (chunk: Chunk) => {
      chunk.amounts = new Float64Array(chunk.arrivals.length * columns).fill(Number.NaN);
    };
    for (const lane of this.lanes) {
      for (let chunk = lane.first; chunk; chunk = chunk.next) forget(chunk);
      lane.returned.forEach(forget);
    }
  }

  private nextLevel(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes) {
      if (lane.size === 0) continue;
      const chunk = firstChunk(lane);
      const gained = Math.floor((now - chunk.since[chunk.start]!) / this.aging);
      if (lane.priority - gained > 1) next = Math.min(next, chunk.since[chunk.start]! + (gained + 1) * this.aging);
    }
    return next;
  }

  private makeChunk(lane: Lane, size: number): Chunk {
    return {
      values: new Array(size),
      owners: new Array(size),
      arrivals: new Float64Array(size),
      since: this.aging === 0 ? noTimes : new Float64Array(size),
      amounts: new Float64Array(size * this.columns),
      start: 0,
      end: 0,
      live: 0,
      lane,
      previous: undefined,
      next: undefined,
    };
  }

  private fill(
    chunk: Chunk,
    value: unknown,
    owner: unknown,
    arrival: number,
    since: number,
    amounts: ArrayLike<number>,
  ): void {
    const { columns } = this;
    const index = chunk.end++;
    chunk.values[index] = value;
    chunk.owners[index] = owner as Owner<never, never>;
    chunk.arrivals[index] = arrival;
    if (this.aging !== 0) chunk.since[index] = since;
    for (let column = 0; column < columns; column++) chunk.amounts[index * columns + column] = amounts[column]!;
    chunk.live++;
    chunk.lane.size++;
    this.size++;
    (owner as Owner<unknown, never>).placed?.(value, chunk, index);
  }

  private unlink(chunk: Chunk): void {
    const { lane } = chunk;
    if (chunk === lane.last && chunk.end < chunkSize) {
      chunk.start = chunk.end = 0; // still filling: use it again
      return;
    }
    if (chunk.previous) chunk.previous.next = chunk.next;
    else lane.first = chunk.next;
    if (chunk.next) chunk.next.previous = chunk.previous;
    else lane.last = chunk.previous;
  }
}

const noTimes = new Float64Array(0);

/** The chunk whose start is the earliest arrival of a lane that is not empty. */
function firstChunk(lane: Lane): Chunk {
  const back = lane.returned[lane.returned.length - 1];
  const { first } = lane;
  return back && !(first && first.live > 0 && first.arrivals[first.start]! < back.arrivals[0]!) ? back : first!;
}

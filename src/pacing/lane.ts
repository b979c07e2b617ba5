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
 *     lane   chunk ⇄ chunk ⇄ chunk        a chunk:  values    [ · a b × d … ]   × = stepped out (a tombstone)
 *                                                   owners    [ · o o · o … ]
 *                                                   arrivals  [ · 3 4 5 7 … ]   strictly rising
 *                                                   amounts   [ ······ ]         `columns` numbers an item
 *                                                     start ╯       ╰ end
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
  readonly lane: Lane;
  previous: Chunk | undefined;
  next: Chunk | undefined;
}

/** A waiting item's place: `chunk.values[index]`. */
export interface Place {
  chunk: Chunk;
  index: number;
}

/** What every chunk of a line has in common. */
export interface Shape {
  /** Numbers a cost has. */
  columns: number;
  /** Whether instants of arrival are kept. */
  readonly timed: boolean;
}

/** The first chunk of a lane is small, for there may be a lane for each of many keys. */
const smallest = 8;
const largest = 128;
const noTimes = new Float64Array(0);

/** The items of one priority (and one key, where keys take turns), in order of arrival. */
export class Lane {
  size = 0;
  /** For fair turns: how much it has been served, on the clock of its tier. */
  served = 0;
  private first: Chunk | undefined = undefined;
  private last: Chunk | undefined = undefined;
  /**
   * Chunks of one item, for those that came back or changed their priority: sorted by arrival, the *earliest at the end*.
   * They stand among the others by their arrival.
   */
  private readonly returned: Chunk[] = [];

  constructor(
    readonly priority: Priority,
    readonly key: unknown,
    private readonly shape: Shape,
  ) {}

  /** The chunk whose start is the earliest arrival. The lane must not be empty. */
  get head(): Chunk {
    const { first, returned } = this;
    const back = returned[returned.length - 1];
    return back && !(first && first.live > 0 && first.arrivals[first.start]! < back.arrivals[0]!) ? back : first!;
  }

  /** The place of the latest arrival. The lane must not be empty. */
  get tail(): Place {
    const returned = this.returned[0];
    for (let chunk = this.last; chunk; chunk = chunk.previous) {
      for (let index = chunk.end - 1; index >= chunk.start; index--) {
        if (chunk.owners[index] === undefined) continue;
        if (returned && returned.arrivals[0]! > chunk.arrivals[index]!) return { chunk: returned, index: 0 };
        return { chunk, index };
      }
    }
    return { chunk: returned!, index: 0 };
  }

  /** Puts an item at the end. */
  push(value: unknown, owner: unknown, arrival: number, since: number, amounts: ArrayLike<number>): void {
    let chunk = this.last;
    if (!chunk || chunk.end === chunk.arrivals.length) {
      const added = this.makeChunk(chunk ? Math.min(largest, chunk.arrivals.length * 4) : smallest);
      added.previous = chunk;
      if (chunk) chunk.next = added;
      else this.first = added;
      this.last = chunk = added;
    }
    this.fill(chunk, value, owner, arrival, since, amounts);
  }

  /** Puts an item where its arrival belongs, which may be before others. */
  putBack(value: unknown, owner: unknown, arrival: number, since: number, amounts: ArrayLike<number>): void {
    const { returned } = this;
    let index = returned.length;
    while (index > 0 && returned[index - 1]!.arrivals[0]! < arrival) index--;
    const chunk = this.makeChunk(1);
    returned.splice(index, 0, chunk);
    this.fill(chunk, value, owner, arrival, since, amounts);
  }

  remove(chunk: Chunk, index: number): void {
    chunk.values[index] = undefined;
    chunk.owners[index] = undefined;
    chunk.live--;
    this.size--;
    if (chunk.arrivals.length === 1) {
      this.returned.splice(this.returned.lastIndexOf(chunk), 1);
    } else if (chunk.live === 0) {
      this.unlink(chunk);
    } else if (index === chunk.start) {
      while (chunk.owners[chunk.start] === undefined) chunk.start++;
    }
  }

  /** Visits up to `depth` items in order of arrival, until `visit` returns false. Answers how many it would still have visited; -1 = stopped. */
  walk(depth: number, visit: (chunk: Chunk, index: number) => boolean): number {
    const { returned } = this;
    let left = depth;
    let back = returned.length - 1;
    for (let chunk = this.first; chunk && left > 0; chunk = chunk.next) {
      for (let index = chunk.start; index < chunk.end && left > 0; index++) {
        if (chunk.owners[index] === undefined) continue;
        for (; back >= 0 && left > 0 && returned[back]!.arrivals[0]! < chunk.arrivals[index]!; back--, left--) {
          if (!visit(returned[back]!, 0)) return -1;
        }
        if (left-- > 0 && !visit(chunk, index)) return -1;
      }
    }
    for (; back >= 0 && left > 0; back--, left--) if (!visit(returned[back]!, 0)) return -1;
    return Math.max(0, left);
  }

  /** The number of columns has changed: every cost is unknown until it is filled in anew. */
  forgetAmounts(): void {
    const forget = (chunk: Chunk): void => {
      chunk.amounts = new Float64Array(chunk.arrivals.length * this.shape.columns).fill(Number.NaN);
    };
    for (let chunk = this.first; chunk; chunk = chunk.next) forget(chunk);
    this.returned.forEach(forget);
  }

  private makeChunk(size: number): Chunk {
    const { columns, timed } = this.shape;
    return {
      values: new Array(size),
      owners: new Array(size),
      arrivals: new Float64Array(size),
      since: timed ? new Float64Array(size) : noTimes,
      amounts: new Float64Array(size * columns),
      start: 0,
      end: 0,
      live: 0,
      lane: this,
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
    const { columns, timed } = this.shape;
    const index = chunk.end++;
    chunk.values[index] = value;
    chunk.owners[index] = owner as Owner<never, never>;
    chunk.arrivals[index] = arrival;
    if (timed) chunk.since[index] = since;
    for (let column = 0; column < columns; column++) chunk.amounts[index * columns + column] = amounts[column]!;
    chunk.live++;
    this.size++;
    (owner as Owner<unknown, never>).placed?.(value, chunk, index);
  }

  private unlink(chunk: Chunk): void {
    if (chunk === this.last && chunk.end < chunk.arrivals.length) {
      chunk.start = chunk.end = 0; // still filling: use it again
      return;
    }
    if (chunk.previous) chunk.previous.next = chunk.next;
    else this.first = chunk.next;
    if (chunk.next) chunk.next.previous = chunk.previous;
    else this.last = chunk.previous;
  }
}

/**
 * What has been counted, in order of time: one row an instant, one column a unit.
 *
 *     row     first …                    … end-1
 *     time    12      12.000 → 13   14            (ms, rounded up, so that nothing leaves a window too early)
 *     requests 1      3             1             what was counted at that instant
 *     tokens   90     410           77
 *
 * A ring buffer. Row numbers are absolute and never reused, so a permit finds its row again for as long as it is kept.
 */
export class CountLog {
  /** Oldest row kept. */
  first = 0;
  /** One past the newest row. */
  end = 0;
  private columns = 0;
  private times = new Float64Array(16);
  private amounts = new Float64Array(0);

  time(row: number): number {
    return this.times[row & (this.times.length - 1)]!;
  }

  amount(row: number, column: number): number {
    return this.amounts[(row & (this.times.length - 1)) * this.columns + column]!;
  }

  /** Counts `amounts[offset …]` at `time`, which is never before the newest row's. Returns the row. */
  append(time: number, amounts: ArrayLike<number>, offset: number): number {
    const { columns } = this;
    let row = this.end - 1;
    if (row < this.first || this.time(row) !== time) {
      if (this.end - this.first === this.times.length) this.resize(this.times.length * 2, columns);
      row = this.end++;
      const slot = row & (this.times.length - 1);
      this.times[slot] = time;
      for (let column = 0; column < columns; column++)
        this.amounts[slot * columns + column] = amounts[offset + column]!;
    } else {
      const slot = row & (this.times.length - 1);
      for (let column = 0; column < columns; column++)
        this.amounts[slot * columns + column]! += amounts[offset + column]!;
    }
    return row;
  }

  /** Units of a column that were counted after that instant. */
  sum(column: number, after: number): number {
    let sum = 0;
    for (let row = this.end - 1; row >= this.first && this.time(row) > after; row--) sum += this.amount(row, column);
    return sum;
  }

  /** Corrects what a row holds. */
  add(row: number, column: number, delta: number): void {
    this.amounts[(row & (this.times.length - 1)) * this.columns + column]! += delta;
  }

  /** Forgets rows that no window of at most `longest` ms can still hold. */
  forget(longest: number, now: number): void {
    while (this.first < this.end && this.time(this.first) + longest <= now) this.first++;
  }

  /** Makes room for more units; nothing of them has been counted before. */
  widen(columns: number): void {
    this.resize(this.times.length, columns);
  }

  /** The rows from that one on, once more. */
  copy(first: number): CountLog {
    const copy = Object.assign(new CountLog(), this, { first });
    copy.resize(2 ** Math.ceil(Math.log2(this.end - first + 1)), this.columns);
    return copy;
  }

  private resize(size: number, columns: number): void {
    const { times, amounts, columns: before } = this;
    this.columns = columns;
    this.times = new Float64Array(size);
    this.amounts = new Float64Array(size * columns);
    for (let row = this.first; row < this.end; row++) {
      const from = row & (times.length - 1);
      const to = row & (size - 1);
      this.times[to] = times[from]!;
      for (let column = 0; column < before; column++)
        this.amounts[to * columns + column] = amounts[from * before + column]!;
    }
  }
}

import type { Window, WindowUse } from '../limits/index.js';
import type { CountLog } from './countLog.js';
import type { Flight } from './flights.js';
import { Share } from './share.js';
import { epsilon, type Room, type View } from './view.js';
import type { Counted } from './WindowUsage.js';

/**
 * At most `limit`, refilled continuously at `limit / per`. What is in flight leaves the level as late as possible, at its
 * acknowledgement: a full bucket does not refill, so taking early would promise refill that the server may not have given.
 *
 * All amounts are kept in units × ms (`per` times the units), so that refilling by whole ms is exact in whole numbers:
 * the debt shrinks by `limit` each ms, and the bucket is full when it is 0.
 *
 *     debt   ╱|      ╱|╲        ╱|╲
 *           ╱ |╲    ╱ | ╲  ╱|╲ ╱ | ╲          each landing adds, time takes away
 *     ─────╱──|─╲──╱──|──╲╱─|─╲──|──╲──▶
 *                 full     dips: the debt just before something was added
 *
 * A landing that is corrected later counts as if it had been right from the start. It can give back at most the lowest
 * debt since then, for below that the refill was lost to a full bucket. `dips` holds those minima: rising from
 * bottom to top, since a lower dip makes the higher ones before it meaningless.
 */
export class Bucket implements View {
  learned = false;
  readonly cursor: number = Number.POSITIVE_INFINITY;
  readonly share: Share = new Share(this);
  private debt = 0;
  private at: number;
  private readonly dips: { row: number; debt: number }[] = [];
  /** Row of the last landing. */
  private newest = -1;

  constructor(
    public window: Window,
    readonly column: number,
    log: CountLog,
    now: number,
    past: readonly Counted[],
  ) {
    this.at = past[0]?.time ?? (log.first < log.end ? log.time(log.first) : now);
    for (const { time, amount } of past) this.land(-1, time, amount);
    for (let row = log.first; row < log.end; row++) this.land(row, log.time(row), log.amount(row, column));
  }

  /** What is used stays used; only what there is in all changes. */
  setLimit(limit: number, now: number): void {
    this.advance(now);
    this.window = { ...this.window, limit };
  }

  advance(now: number): void {
    if (now <= this.at) return;
    if (this.debt > 0) this.debt = Math.max(0, this.debt - this.window.limit * (now - this.at));
    this.at = now;
  }

  land(row: number, time: number, amount: number): void {
    this.advance(time);
    this.newest = row;
    this.charge(row, amount * this.window.per);
  }

  correct(row: number, delta: number, now: number): void {
    this.advance(now);
    const change = delta * this.window.per;
    if (change >= 0) {
      this.charge(this.newest + 0.5, change); // at the end, as the server does: after every row so far
      return;
    }
    const { dips } = this;
    let lowest = this.debt;
    let since = dips.length;
    while (since > 0 && dips[since - 1]!.row > row) lowest = Math.min(lowest, dips[--since]!.debt);
    const back = Math.min(-change, lowest);
    for (let dip = since; dip < dips.length; dip++) dips[dip]!.debt -= back;
    this.debt -= back;
  }

  mostUsed(inFlight: number, since: number, now: number): number {
    const { limit, per } = this.window;
    return this.debt / per + inFlight + (limit / per) * (now - since); // what has been refilled meanwhile was still used then
  }

  addElsewhere(amount: number): void {
    this.charge(this.newest + 0.5, amount * this.window.per);
  }

  free(inFlight: number): number {
    const { limit, per } = this.window;
    return limit - this.debt / per - inFlight;
  }

  room(need: number, inFlight: number, flight: Flight | undefined, now: number, room: Room): void {
    const { limit, per } = this.window;
    if (need <= this.free(inFlight) + epsilon) return;
    let at = Number.POSITIVE_INFINITY;
    let certain = true;
    if (need <= limit && limit > 0) {
      let { debt } = this;
      let instant = Math.max(this.at, now);
      let flying = inFlight;
      // While even a full bucket is too small beside what is in flight, only landings help.
      for (let next = flight; next && need + flying > limit + epsilon; next = next.next) {
        const landing = Math.max(next.deadline, instant);
        debt = Math.max(0, debt - limit * (landing - instant)) + next.amounts[this.column]! * per;
        flying -= next.amounts[this.column]!;
        instant = landing;
        certain = false;
      }
      const debtAllowed = (limit - flying - need) * per;
      // At a whole ms, as all that leaves a window does.
      at = Math.ceil(instant + Math.max(0, (debt - debtAllowed) / limit) - epsilon);
    }
    if (at > room.at) room.at = at;
    if (!certain) room.certain = false;
  }

  freeAt(instant: number, inFlight: number, flight: Flight | undefined): number {
    const { limit, per } = this.window;
    let { debt } = this;
    let at = Math.min(this.at, instant);
    let flying = inFlight;
    for (let next = flight; next && next.deadline <= instant; next = next.next) {
      const landing = Math.max(next.deadline, at);
      debt = Math.max(0, debt - limit * (landing - at)) + next.amounts[this.column]! * per;
      flying -= next.amounts[this.column]!;
      at = landing;
    }
    return limit - Math.max(0, debt - limit * (instant - at)) / per - flying;
  }

  private charge(row: number, change: number): void {
    const { dips, debt } = this;
    while (dips.length > 0 && dips[dips.length - 1]!.debt >= debt) dips.pop();
    dips.push({ row, debt });
    this.debt += change;
  }

  /** One entry, as of the last landing: before it, the level of a bucket is not lower than that of one from which all was taken. */
  counted(inFlight: number, flight: Flight | undefined): Counted[] {
    let time = this.at;
    for (let next = flight; next; next = next.next) if (next.amounts[this.column]! > 0) time = next.deadline;
    return [{ time, amount: this.debt / this.window.per + inFlight }];
  }

  copy(): View {
    return Object.assign(Object.create(Bucket.prototype), this, { dips: [], share: this.share.copy() });
  }

  use(inFlight: number): WindowUse {
    const { unit, kind, limit, per } = this.window;
    const used = this.debt / per + inFlight;
    // Whole units: a part of a request can't be taken.
    return {
      unit,
      kind,
      limit,
      per,
      used: Math.max(0, Math.ceil(used - epsilon)), // never -0
      available: Math.max(0, Math.floor(limit - used + epsilon)),
      learned: this.learned,
    };
  }
}

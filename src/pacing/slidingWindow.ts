import type { Window, WindowUse } from '../limits/index.js';
import type { CountLog } from './countLog.js';
import type { Flight } from './flights.js';
import { Share } from './share.js';
import { epsilon, type Room, type View } from './view.js';
import type { Counted } from './WindowUsage.js';

/**
 * At most `limit` in any half-open interval of length `per`: a row counts until its time + per.
 *
 *     log      ──r──r────r──r─r──▶ now
 *                       ╰─ sum ─╯
 *                       cursor: first row still counted
 */
export class SlidingWindow implements View {
  learned = false;
  readonly share: Share = new Share(this);
  cursor: number;
  /** Of the rows from `cursor` on, and of what was used elsewhere. */
  private sum = 0;
  /** What others use of the quota, as far as the server has told, and a former process has used, in order of `until`. */
  private readonly elsewhere: { readonly amount: number; readonly until: number }[];

  constructor(
    public window: Window,
    readonly column: number,
    private readonly log: CountLog,
    past: readonly Counted[],
  ) {
    this.elsewhere = past.map(({ time, amount }) => ({ amount, until: time + window.per }));
    for (const { amount } of past) this.sum += amount;
    this.cursor = log.first;
    for (let row = log.first; row < log.end; row++) this.sum += log.amount(row, column);
  }

  setLimit(limit: number): void {
    this.window = { ...this.window, limit };
  }

  advance(now: number): void {
    const { log, column } = this;
    const { per } = this.window;
    while (this.elsewhere.length > 0 && this.elsewhere[0]!.until <= now) this.sum -= this.elsewhere.shift()!.amount;
    if (this.cursor === log.end) return;
    while (this.cursor < log.end && log.time(this.cursor) + per <= now) this.sum -= log.amount(this.cursor++, column);
    if (this.cursor === log.end && this.elsewhere.length === 0) this.sum = 0; // rounding of fractional costs must not pile up
  }

  land(_row: number, _time: number, amount: number): void {
    this.sum += amount;
  }

  correct(row: number, delta: number): void {
    if (row >= this.cursor) this.sum += delta;
  }

  mostUsed(inFlight: number, since: number): number {
    const { log, column } = this;
    let used = this.sum + inFlight;
    for (let row = this.cursor - 1; row >= log.first && log.time(row) + this.window.per >= since; row--)
      used += log.amount(row, column);
    return used;
  }

  addElsewhere(amount: number, until: number): void {
    this.sum += amount;
    this.elsewhere.push({ amount, until });
    this.elsewhere.sort((a, b) => a.until - b.until);
  }

  free(inFlight: number): number {
    return this.window.limit - this.sum - inFlight;
  }

  room(need: number, inFlight: number, flight: Flight | undefined, now: number, room: Room): void {
    const { log, column } = this;
    const { limit, per } = this.window;
    let excess = this.sum + inFlight + need - limit;
    if (excess <= epsilon) return;
    let at = Number.POSITIVE_INFINITY;
    let certain = true;
    if (need <= limit) {
      const { elsewhere } = this;
      let row = this.cursor;
      let other = 0;
      let next = flight;
      while (excess > epsilon) {
        // Whatever leaves the window next: of what was counted, of what is in flight, of what others used.
        const otherAt = other < elsewhere.length ? elsewhere[other]!.until : Number.POSITIVE_INFINITY;
        const rowAt = row < log.end ? log.time(row) + per : Number.POSITIVE_INFINITY;
        const flightAt = next ? next.deadline + per : Number.POSITIVE_INFINITY;
        at = Math.min(otherAt, rowAt, flightAt);
        if (at === Number.POSITIVE_INFINITY) break;
        if (at === otherAt) excess -= elsewhere[other++]!.amount;
        else if (at === rowAt) excess -= log.amount(row++, column);
        else {
          excess -= next!.amounts[column]!;
          next = next!.next;
          certain = false;
        }
      }
    }
    if (at > room.at) room.at = Math.max(at, now);
    if (!certain) room.certain = false;
  }

  freeAt(instant: number, inFlight: number, flight: Flight | undefined): number {
    const { log, column } = this;
    const { per } = this.window;
    let free = this.free(inFlight);
    for (let row = this.cursor; row < log.end && log.time(row) + per <= instant; row++) free += log.amount(row, column);
    for (const { amount, until } of this.elsewhere) if (until <= instant) free += amount;
    for (let next = flight; next && next.deadline + per <= instant; next = next.next) free += next.amounts[column]!;
    return free;
  }

  counted(_inFlight: number, flight: Flight | undefined): Counted[] {
    const { log, column } = this;
    const { per } = this.window;
    const counted = this.elsewhere.map(({ amount, until }) => ({ time: until - per, amount }));
    for (let row = this.cursor; row < log.end; row++)
      counted.push({ time: log.time(row), amount: log.amount(row, column) });
    for (let next = flight; next; next = next.next)
      counted.push({ time: next.deadline, amount: next.amounts[column]! });
    return counted.sort((one, other) => one.time - other.time);
  }

  copy(log: CountLog): View {
    const { elsewhere, share } = this;
    return Object.assign(Object.create(SlidingWindow.prototype), this, {
      log,
      elsewhere: [...elsewhere],
      share: share.copy(),
    });
  }

  use(inFlight: number): WindowUse {
    const { unit, kind, limit, per } = this.window;
    const used = this.sum + inFlight;
    return { unit, kind, limit, per, used, available: Math.max(0, limit - used), learned: this.learned };
  }
}

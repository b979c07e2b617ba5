import type { Window, WindowUse } from '../limits/index.js';
import type { CountLog } from './countLog.js';
import type { Flight } from './flights.js';
import { epsilon, type Room, type View } from './view.js';

/**
 * At most `limit` in any half-open interval of length `per`: a row counts until its time + per.
 *
 *     log      ──r──r────r──r─r──▶ now
 *                       ╰─ sum ─╯
 *                       cursor: first row still counted
 */
export class SlidingWindow implements View {
  private cursor: number;
  private sum = 0;

  constructor(
    public window: Window,
    readonly column: number,
    private readonly log: CountLog,
  ) {
    this.cursor = log.first;
    for (let row = log.first; row < log.end; row++) this.sum += log.amount(row, column);
  }

  setLimit(limit: number): void {
    this.window = { ...this.window, limit };
  }

  advance(now: number): void {
    const { log, column } = this;
    const { per } = this.window;
    if (this.cursor === log.end) return;
    while (this.cursor < log.end && log.time(this.cursor) + per <= now) this.sum -= log.amount(this.cursor++, column);
    if (this.cursor === log.end) this.sum = 0; // rounding of fractional costs must not pile up
  }

  land(_row: number, _time: number, amount: number): void {
    this.sum += amount;
  }

  correct(row: number, delta: number): void {
    if (row >= this.cursor) this.sum += delta;
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
      for (let row = this.cursor; excess > epsilon && row < log.end; row++) {
        excess -= log.amount(row, column);
        at = log.time(row) + per;
      }
      for (let next = flight; excess > epsilon && next; next = next.next) {
        excess -= next.amounts[column]!;
        at = next.deadline + per;
        certain = false;
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
    for (let next = flight; next && next.deadline + per <= instant; next = next.next) free += next.amounts[column]!;
    return free;
  }

  use(inFlight: number): WindowUse {
    const { unit, kind, limit, per } = this.window;
    const used = this.sum + inFlight;
    return { unit, kind, limit, per, used, available: Math.max(0, limit - used), learned: false };
  }
}

import type { Window } from '../limits/index.js';
import type { Flight } from '../pacing/index.js';

/** Where in Redis a request stands. */
export interface Row {
  /** ms since the state was made: its deadline, or when it was landed. Before it is known there: ms of the process's clock. */
  at: number;
  /** The state in which it stands; undefined while it is not known there. */
  epoch: string | undefined;
  landing: boolean;
  /** ms since the state was made, when it was told there that it had landed. */
  told?: number;
  /** It went while Redis was away: buckets are told of all such together, see `Apart`. */
  readonly apart?: boolean;
}

/** Where an amount is told that does not count in all windows. */
type Kind = Window['kind'];

type Report =
  | { readonly kind: 'land'; readonly row: Row; readonly amounts: number[]; readonly landed: number }
  | { readonly kind: 'correct'; readonly row: Row; readonly amounts: number[] }
  | { readonly kind: 'add'; readonly row: Row; readonly amounts: number[]; readonly to?: Kind }
  | { readonly kind: 'hold'; readonly until: number }
  | { readonly kind: 'hear'; readonly fields: readonly unknown[]; readonly since: number };

/** What is to be told to Redis, and where the requests stand there that were told before. */
export class Ledger {
  private reports: Report[] = [];
  private readonly rows = new WeakMap<Flight, Row>();
  private told: Report[] = [];
  /** Instant of the step in which they were told. */
  private sent = 0;

  /** What is among the reports: something that can't wait, that gives back, that has landed. */
  private has = { pressing: false, back: false, landed: false };

  get isEmpty(): boolean {
    return this.reports.length === 0;
  }

  /** Whether it must be told at once. */
  isPressing(somebodyWaits: boolean, bucketIsIdle: boolean): boolean {
    const { pressing, back, landed } = this.has;
    return pressing || (back && somebodyWaits) || (landed && bucketIsIdle);
  }

  place(flight: Flight, row: Row): void {
    this.rows.set(flight, row);
  }

  rowOf(flight: Flight): Row | undefined {
    return this.rows.get(flight);
  }

  /** The server has counted it. */
  land(row: Row, amounts: ArrayLike<number>, now: number): void {
    if (row.landing) return;
    row.landing = true;
    if (row.epoch === undefined) row.at = Math.min(row.at, Math.ceil(now));
    else {
      this.has.landed = true;
      this.reports.push({ kind: 'land', row, amounts: Array.from(amounts), landed: now });
    }
  }

  correct(row: Row, amounts: number[]): void {
    if (amounts.every(amount => amount === 0)) return;
    this.has[amounts.some(amount => amount > 0) ? 'pressing' : 'back'] = true;
    this.reports.push({ kind: 'correct', row, amounts });
  }

  add(row: Row, amounts: ArrayLike<number>): void {
    this.has.pressing = true;
    this.reports.push({ kind: 'add', row, amounts: Array.from(amounts) });
  }

  hold(until: number): void {
    this.has.pressing = true;
    this.reports.push({ kind: 'hold', until });
  }

  hear(fields: readonly unknown[], since: number): void {
    this.has.pressing = true;
    this.reports.push({ kind: 'hear', fields, since });
  }

  /** All that is to be told, as the script reads it. What stands in another state is gone. */
  take(epoch: string, now: number): unknown[][] {
    this.told = this.reports;
    this.sent = now;
    this.reports = [];
    this.has = { pressing: false, back: false, landed: false };
    const landed = new Map<Row, number>();
    const said: unknown[][] = [];
    /** What becomes alike of many is said once. */
    const sums = new Map<string, number[]>();
    const say = (amounts: readonly number[], kind: string, ...where: (number | string | false)[]): void => {
      const name = `${kind} ${where}`;
      const sum = sums.get(name);
      if (sum) {
        for (const [column, amount] of amounts.entries()) sum[column]! += amount;
        return;
      }
      const own = [...amounts];
      sums.set(name, own);
      said.push([kind, where[0], own, ...where.slice(1)]);
    };
    const add = (row: Row, amounts: readonly number[], to?: Kind): void =>
      say(amounts, 'add', Math.floor(now - row.at), to ?? (row.apart ? 'sliding' : false));
    for (const report of this.told) {
      switch (report.kind) {
        case 'hold':
          said.push(['hold', Math.max(0, report.until - now)]);
          break;
        case 'hear': {
          const [window, used, reset, rounding] = report.fields;
          said.push(['hear', [window, used, now - report.since, reset, rounding]]);
          break;
        }
        case 'add':
          add(report.row, report.amounts, report.to);
          break;
        case 'land': {
          const { row, amounts } = report;
          if (row.epoch !== epoch) break;
          const age = Math.floor(now - report.landed);
          landed.set(row, age);
          say(amounts, 'land', row.at, age);
          break;
        }
        case 'correct': {
          const { row, amounts } = report;
          // One that was added in this very step stands where it was added.
          if (row.epoch === undefined) add(row, amounts);
          else if (row.epoch === epoch) say(amounts, 'correct', row.at, landed.get(row) ?? false, row.told ?? false);
        }
      }
    }
    return said;
  }

  /** It has been told, at this instant of the state's time. */
  confirm(epoch: string, now: number): void {
    for (const report of this.told) {
      const { sent } = this;
      if (report.kind === 'land') {
        const { row } = report;
        row.told = now;
        if (row.at > now) row.at = now - Math.floor(sent - report.landed);
      }
      if (report.kind === 'add') {
        report.row.at = Math.ceil(now) - Math.floor(sent - report.row.at);
        report.row.epoch = epoch;
      }
    }
    this.told = [];
  }

  /** It was not heard. */
  again(): void {
    this.reports = [...this.told, ...this.reports];
    this.told = [];
    this.has = { pressing: this.reports.length > 0, back: false, landed: false };
  }

  /**
   * Redis has lost what it knew: most of what was to be told belongs to a state that is gone. What was not told yet sliding windows are told of
   * with all else that was counted here, and buckets by itself, for of them Redis is told what it has said last.
   */
  forget(): void {
    this.again();
    this.reports = this.reports.flatMap((report): Report[] => {
      if (report.kind === 'hold') return [report];
      return report.kind === 'add' && !report.row.apart ? [{ ...report, to: 'bucket' }] : [];
    });
    this.has.pressing = this.reports.length > 0;
  }
}

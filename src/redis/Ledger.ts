import type { Flight } from '../pacing/index.js';

/** Where in Redis a request stands. */
export interface Row {
  /** ms since the state was made: its deadline, or when it was landed. Before it is known there: ms of the process's clock. */
  at: number;
  /** The state in which it stands; undefined while it is not known there. */
  epoch: string | undefined;
  landing: boolean;
}

type Report =
  | { readonly kind: 'land' | 'correct'; readonly row: Row; readonly amounts: number[] }
  | { readonly kind: 'add'; readonly row: Row; readonly amounts: number[] }
  | { readonly kind: 'hold'; readonly until: number }
  | { readonly kind: 'hear'; readonly fields: readonly unknown[]; readonly since: number };

/** What is to be told to Redis, and where the requests stand there that were told before. */
export class Ledger {
  private reports: Report[] = [];
  private readonly rows = new WeakMap<Flight, Row>();
  private told: Report[] = [];

  get isEmpty(): boolean {
    return this.reports.length === 0;
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
    else this.reports.push({ kind: 'land', row, amounts: Array.from(amounts) });
  }

  correct(row: Row, amounts: number[]): void {
    if (amounts.some(amount => amount !== 0)) this.reports.push({ kind: 'correct', row, amounts });
  }

  add(row: Row, amounts: ArrayLike<number>): void {
    this.reports.push({ kind: 'add', row, amounts: Array.from(amounts) });
  }

  hold(until: number): void {
    this.reports.push({ kind: 'hold', until });
  }

  hear(fields: readonly unknown[], since: number): void {
    this.reports.push({ kind: 'hear', fields, since });
  }

  /** All that is to be told, as the script reads it. What stands in another state is gone. */
  take(epoch: string, now: number): unknown[][] {
    this.told = this.reports;
    this.reports = [];
    const landed = new Set<Row>();
    return this.told.flatMap(report => {
      switch (report.kind) {
        case 'hold':
          return [['hold', Math.max(0, report.until - now)]];
        case 'hear': {
          const [window, used, reset, rounding] = report.fields;
          return [['hear', [window, used, now - report.since, reset, rounding]]];
        }
        case 'add':
          return [['add', Math.floor(now - report.row.at), report.amounts]];
        default: {
          const { kind, row, amounts } = report;
          if (row.epoch !== epoch && row.epoch !== undefined) return [];
          if (kind === 'land') landed.add(row);
          // One that was added in this very step stands where it was added.
          if (row.epoch === undefined) return [['add', Math.floor(now - row.at), amounts]];
          return kind === 'correct' && landed.has(row) ? [[kind, row.at, amounts, 1]] : [[kind, row.at, amounts]];
        }
      }
    });
  }

  /** It has been told, at this instant of the state's time (`sent` of the process's). */
  confirm(epoch: string, now: number, sent: number): void {
    for (const report of this.told) {
      if (report.kind === 'land') report.row.at = Math.min(report.row.at, now);
      if (report.kind === 'add') {
        report.row.at = Math.ceil(now) - Math.floor(sent - report.row.at);
        report.row.epoch = epoch;
      }
    }
    this.told = [];
  }

  /** Redis knows nothing of it, or no longer: what was to be told belongs to a state that is gone. */
  forget(): void {
    this.told = [];
    this.reports = this.reports.filter(({ kind }) => kind === 'hold');
  }
}

import { type Observable, Subscription } from 'rxjs';
import type { QuotaReport, Unit, Window, WindowChange, WindowUse } from '../limits/index.js';
import {
  type Counts,
  type CountsListener,
  type Elsewhere,
  type Flight,
  memoryQuota,
  type Room,
} from '../pacing/index.js';
import { Dialogue } from './Dialogue.js';
import { Grants } from './Grants.js';
import { Ledger, type Row } from './Ledger.js';
import { LimitsInForce, nameOf } from './LimitsInForce.js';
import { Outage } from './Outage.js';
import type { RedisLine } from './RedisLine.js';

const never = Number.POSITIVE_INFINITY;
const epsilon = 1e-9;

export interface RedisCountsOptions {
  readonly leaseMs: number;
  readonly onUnavailable: 'wait' | 'local';
}

/**
 * One process's part of a quota in Redis: `dialogue` asks there, `ledger` knows what is to be told there.
 *
 * Beside it stands a mirror, the memory quota with what this process alone has counted. It knows the windows, says the same again where
 * Redis has lost its data, and takes over, with a share of the limits, where `onUnavailable` is `local`.
 */
export class RedisCounts implements Counts, Elsewhere {
  private readonly mirror: Counts;
  private readonly limits: LimitsInForce;
  private readonly outage: Outage;
  private readonly ledger = new Ledger();
  private readonly grants = new Grants(this.ledger);
  private readonly dialogue: Dialogue;
  private listener: CountsListener | undefined = undefined;
  private clock: () => number = () => 0;
  private readonly roomFound: Room = { at: never, certain: true, by: -1 };

  constructor(
    private readonly line: RedisLine,
    private readonly options: RedisCountsOptions,
    units: readonly Unit[],
  ) {
    this.mirror = memoryQuota().open('mirror', units);
    this.limits = new LimitsInForce(line.limitsDiffer);
    this.outage = new Outage(this.mirror, this.limits, options.leaseMs);
    const { mirror, limits, outage } = this;
    this.dialogue = new Dialogue(line, options.leaseMs, this.ledger, this.grants, {
      get units() {
        return mirror.units;
      },
      get apart() {
        return outage.apart;
      },
      heard: () => {
        if (outage.apart?.isTold && !line.isDown) outage.together();
      },
      clock: () => this.clock(),
      limits: () => limits.own(mirror.use()),
      shortest: () => Math.min(...mirror.windows.map(({ window }) => window.per)),
      counted: (now, from) => outage.lost(this.dialogue, now, from),
      follow: all => limits.follow(all),
      room: () => this.listener?.room(),
    });
  }

  get elsewhere(): Elsewhere {
    return this;
  }

  get failure(): unknown {
    return this.local ? undefined : this.line.failure;
  }

  get units(): readonly Unit[] {
    return this.mirror.units;
  }

  get windows(): Counts['windows'] {
    return this.mirror.windows;
  }

  connect(windows$: Observable<readonly Window[]>, clock: () => number, listener: CountsListener): Subscription {
    this.clock = clock;
    this.listener = listener;
    const { dialogue } = this;
    dialogue.closing = false;
    const connection = new Subscription(() => {
      dialogue.closing = true;
      dialogue.send();
    });
    connection.add(
      this.line.open({
        ready: () => this.linkReady(),
        lost: () => this.linkLost(),
        woken: message => dialogue.wake(message),
        answered: text => dialogue.answered(text),
      }),
    );
    connection.add(
      this.mirror.connect(this.limits.of(windows$), clock, {
        changed: unitsChanged => {
          dialogue.doubt();
          listener.changed(unitsChanged);
          dialogue.send();
        },
        room: () => listener.room(),
        error: error => listener.error(error),
      }),
    );
    return connection;
  }

  advance(now: number): void {
    this.mirror.advance(now);
  }

  fits(amounts: ArrayLike<number>, offset: number): boolean {
    return this.local ? this.mirror.fits(amounts, offset) : this.grants.cover(amounts, offset, this.units.length);
  }

  count(amounts: ArrayLike<number>, offset: number, now: number): void {
    this.mirror.count(amounts, offset, now);
    const own = Array.from(this.units, (_, column) => amounts[offset + column]!);
    this.ledger.land(this.rowFor(own, now), own, now);
    // Told when all of this turn are out: what is counted before it is sent would leave its window too early.
  }

  take(flight: Flight): void {
    this.mirror.take(flight);
    this.ledger.place(flight, this.rowFor(flight.amounts, flight.deadline));
  }

  land(flight: Flight, now: number): void {
    this.mirror.land(flight, now);
    const row = this.ledger.rowOf(flight);
    if (row) this.ledger.land(row, flight.amounts, now);
    this.dialogue.send();
  }

  correct(flight: Flight, amounts: ArrayLike<number>, now: number): void {
    const row = this.ledger.rowOf(flight);
    if (row) {
      const change = Array.from(this.units, (_, column) => amounts[column]! - (flight.amounts[column] ?? 0));
      this.ledger.correct(row, change);
      if (row.apart && row.epoch === undefined) this.outage.apart?.take(change, now);
    }
    this.mirror.correct(flight, amounts, now);
    this.dialogue.send();
  }

  countAtEnd(flight: Flight, amounts: ArrayLike<number>, now: number): void {
    const row = this.ledger.rowOf(flight);
    if (row) {
      this.ledger.land(row, flight.amounts, now);
      this.ledger.correct(
        row,
        flight.amounts.map((amount, column) => (column === 0 ? 0 : -amount)),
      );
    }
    this.mirror.countAtEnd(flight, amounts, now);
    const late = Array.from(this.units, (_, column) => (column === 0 ? 0 : amounts[column]!));
    this.add({ at: now, epoch: undefined, landing: true, apart: this.local }, late, now);
    this.dialogue.send();
  }

  room(amounts: ArrayLike<number>, offset: number, now: number): Room {
    if (this.local) return this.mirror.room(amounts, offset, now);
    const { roomFound, dialogue } = this;
    const { standing } = dialogue;
    roomFound.at = standing?.first ? Math.max(now, standing.until) : never;
    roomFound.by = this.windows.findIndex(({ window }) => nameOf(window) === dialogue.windows[(standing?.by ?? 0) - 1]);
    if (roomFound.by < 0) roomFound.at = roomFound.at === never ? never : now;
    return roomFound;
  }

  spareAt(instant: number, amounts: ArrayLike<number>, offset: number, landing: number): readonly number[] {
    return this.mirror.spareAt(instant, amounts, offset, landing);
  }

  impossible(amounts: ArrayLike<number>, offset: number): Window | undefined {
    const { part } = this.limits; // a part of a limit for the time being makes nothing impossible
    for (const { window, column } of this.windows) {
      if (window.limit > 0 && amounts[offset + column]! > window.limit / part + epsilon) return window;
    }
    return undefined;
  }

  /** The mirror learns windows; what others use of them Redis finds out, which knows what all of us do. */
  hear(report: QuotaReport, since: number, now: number): WindowChange | undefined {
    const { used, refused, unit, per } = report;
    const ours = this.mirror.use();
    const others = this.use().map((window, index) => Math.max(0, window.used - ours[index]!.used));
    const index = this.windows.findIndex(({ window }) => window.unit === unit && window.per === per);
    const known = used === undefined ? undefined : Math.max(0, used - (others[index] ?? 0));
    const change = this.mirror.hear({ ...report, used: known }, since, now);
    this.dialogue.doubt();
    const window = change?.window ?? this.windows[index]?.window;
    if (used !== undefined && window) {
      this.ledger.hear([`${window.unit}|${window.per}`, used, report.resetMs, refused === undefined ? 1 : 0], since);
      this.dialogue.send();
    }
    return change;
  }

  surplus(report: QuotaReport, flight: Flight, since: number, maxFlight: number): number {
    // what others have landed is not known here
    return this.dialogue.processes > 1 ? 0 : this.mirror.surplus(report, flight, since, maxFlight);
  }

  rehearsal(now: number): Counts {
    return this.mirror.rehearsal(now);
  }

  use(): readonly WindowUse[] {
    const { dialogue } = this;
    return this.mirror.use().map(window => {
      const used = Math.max(window.used, Math.ceil((dialogue.usedOf(window) ?? 0) - epsilon));
      return { ...window, used, available: Math.max(0, window.limit - used) };
    });
  }

  ask(level: number, wanted: readonly (readonly number[])[], maxFlight: number, now: number): number {
    this.dialogue.wants = true;
    if (this.local) return this.mirror.room(wanted[0]!, 0, now).at;
    return this.dialogue.ask(level, wanted, maxFlight, now);
  }

  withdraw(): void {
    this.dialogue.withdraw();
  }

  hold(ms: number): void {
    this.ledger.hold(this.clock() + ms);
    this.dialogue.send();
  }

  private get local(): boolean {
    return this.outage.apart !== undefined && this.line.isDown;
  }

  /** Where these amounts stand: uses one grant, if there is one. @param deadline where it is counted here alone */
  private rowFor(amounts: readonly number[], deadline: number): Row {
    const granted = this.grants.use(amounts, this.units.length);
    if (granted) return granted;
    const row: Row = { at: Math.ceil(deadline), epoch: undefined, landing: false, apart: this.local };
    this.add(row, amounts, this.clock());
    return row;
  }

  private add(row: Row, amounts: readonly number[], now: number): void {
    this.ledger.add(row, amounts);
    if (row.apart) this.outage.apart?.take(amounts, now);
  }

  private linkReady(): void {
    const { dialogue } = this;
    if (this.outage.missed) {
      this.outage.missed = false;
      dialogue.waitForOthers(this.clock());
    }
    dialogue.resume();
    dialogue.send();
    if (dialogue.wants) this.listener?.room();
  }

  private linkLost(): void {
    const { dialogue } = this;
    if (this.options.onUnavailable === 'local' && !this.line.ready) this.outage.part(dialogue, this.clock());
    dialogue.standing = undefined;
    if (dialogue.wants || this.failure !== undefined) this.listener?.room();
  }
}

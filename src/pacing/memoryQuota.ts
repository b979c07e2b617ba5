import type { Observable, Subscription } from 'rxjs';
import type { QuotaReport, Unit, Window, WindowChange, WindowUse } from '../limits/index.js';
import { Bucket } from './bucket.js';
import { CountLog } from './countLog.js';
import { type Flight, Flights, inTheAir } from './flights.js';
import { Guess, guessedPer } from './guess.js';
import { dividedShares, type OwnShare, within } from './ownShare.js';
import { PastUse } from './pastUse.js';
import type { Counts, CountsListener, LastingUse, Quota } from './quota.js';
import { SlidingWindow } from './slidingWindow.js';
import { epsilon, type Room, type View } from './view.js';
import { agesOf, type WindowUsage } from './WindowUsage.js';
import { WindowBook } from './windowBook.js';

/** ms that what has left every window is still remembered, to judge reports that come late. */
const remembered = 10_000;

/** Counts kept in this process. Give the same object to several operators, with one `pool`, to have them share counts and line. */
export function memoryQuota(): Quota {
  const pools = new Map<string, Counts>();
  return {
    open(key, units = []) {
      const counts = pools.get(key) ?? new MemoryCounts(units);
      pools.set(key, counts);
      return counts;
    },
  };
}

/** The log is what happened; the windows are views of it; flights are what may have happened. */
class MemoryCounts implements Counts, LastingUse {
  units: readonly Unit[] = [];
  private views: readonly View[] = [];
  /** What counts beside the windows: our shares of those that others use, too. */
  private shares: readonly OwnShare[] = [];
  private readonly log = new CountLog();
  private readonly flights = new Flights();
  /** Units in flight, by column. */
  private inFlight: number[] = [];
  private longest: number;
  private past: PastUse | undefined = undefined;
  changes = 0;
  private readonly book = new WindowBook();
  private readonly listeners = new Set<CountsListener>();
  private readonly roomFound: Room = { at: 0, certain: true, by: -1 };

  constructor(private readonly always: readonly Unit[]) {
    this.longest = always.length > 0 ? guessedPer : 0; // whoever hears of refusals may have to guess
  }

  get lasting(): LastingUse {
    return this;
  }

  get windows(): readonly View[] {
    return this.views;
  }

  connect(windows$: Observable<readonly Window[]>, clock: () => number, listener: CountsListener): Subscription {
    this.listeners.add(listener);
    const following = windows$.subscribe({
      next: windows => {
        this.book.configure(windows);
        this.tell(this.setWindows(clock()));
      },
      error: error => listener.error(error),
    });
    following.add(() => this.listeners.delete(listener));
    return following;
  }

  advance(now: number): void {
    for (let flight = this.flights.first; flight && flight.deadline <= now; flight = this.flights.first) {
      this.land(flight, flight.deadline);
    }
    const { views, shares } = this;
    for (let index = 0; index < views.length; index++) views[index]!.advance(now);
    let grown = false;
    for (let index = 0; index < shares.length; index++) {
      const { own, of } = shares[index]!;
      own.advance(now);
      grown = of.share.grow(now) || grown;
    }
    this.log.forget(this.longest + remembered, now);
    if (this.book.guess.window) this.growGuess(now);
    if (grown) this.divide(now);
  }

  fits(amounts: ArrayLike<number>, offset: number): boolean {
    const { views, shares, inFlight } = this;
    for (let index = 0; index < views.length; index++) {
      const view = views[index]!;
      if (!(amounts[offset + view.column]! <= view.free(inFlight[view.column]!) + epsilon)) return false;
    }
    for (let index = 0; index < shares.length; index++) {
      const { own } = shares[index]!;
      if (!(within(own, amounts[offset + own.column]!) <= own.free(inFlight[own.column]!) + epsilon)) return false;
    }
    return true;
  }

  count(amounts: ArrayLike<number>, offset: number, now: number): void {
    this.changes++;
    this.append(amounts, offset, now);
  }

  take(flight: Flight): void {
    this.changes++;
    this.flights.add(flight);
    for (let column = 0; column < this.units.length; column++) this.inFlight[column]! += flight.amounts[column]!;
  }

  land(flight: Flight, now: number): void {
    if (now < flight.deadline) this.changes++; // at its deadline it is what a snapshot has said all the while
    this.flights.remove(flight);
    for (let column = 0; column < this.units.length; column++) this.inFlight[column]! -= flight.amounts[column]!;
    flight.row = this.append(flight.amounts, 0, now);
  }

  correct(flight: Flight, amounts: ArrayLike<number>, now: number): void {
    const { row } = flight;
    for (let column = 0; column < this.units.length; column++) {
      const delta = amounts[column]! - (flight.amounts[column] ?? 0);
      if (delta === 0) continue;
      this.changes++;
      flight.amounts[column] = amounts[column]!;
      if (row === inTheAir) {
        this.inFlight[column]! += delta;
        continue;
      }
      if (row >= this.log.first) this.log.add(row, column, delta);
      for (const view of this.views) if (view.column === column) view.correct(row, delta, now);
      for (const { own } of this.shares) if (own.column === column) own.correct(row, delta, now);
    }
  }

  countAtEnd(flight: Flight, amounts: ArrayLike<number>, now: number): void {
    if (flight.row === inTheAir) this.land(flight, now);
    this.correct(flight, [flight.amounts[0]!, ...flight.amounts.slice(1).map(() => 0)], now);
    this.changes++;
    this.append([0, ...Array.from(amounts).slice(1)], 0, now);
  }

  room(amounts: ArrayLike<number>, offset: number, now: number): Room {
    const { views, inFlight, roomFound } = this;
    roomFound.at = now;
    roomFound.certain = true;
    roomFound.by = -1;
    for (let index = 0; index < views.length; index++) {
      const view = views[index]!;
      const before = roomFound.at;
      view.room(amounts[offset + view.column]!, inFlight[view.column]!, this.flights.first, now, roomFound);
      if (roomFound.at > before) roomFound.by = index;
    }
    for (const { own, of } of this.shares) {
      const before = roomFound.at;
      own.room(within(own, amounts[offset + own.column]!), inFlight[own.column]!, this.flights.first, now, roomFound);
      if (roomFound.at > before) roomFound.by = views.indexOf(of);
    }
    if (roomFound.by >= 0 && Guess.covers(views[roomFound.by]!.window)) this.book.guess.wanted = true;
    return roomFound;
  }

  spareAt(instant: number, amounts: ArrayLike<number>, offset: number, landing: number): readonly number[] {
    const spareIn = (view: View, need: number): number =>
      view.window.kind === 'sliding' && landing + view.window.per <= instant
        ? Number.POSITIVE_INFINITY
        : view.freeAt(instant, this.inFlight[view.column]!, this.flights.first) - need;
    return this.views.map(view => {
      const need = amounts[offset + view.column]!;
      const own = this.shares.find(({ of }) => of === view)?.own;
      return own ? Math.min(spareIn(view, need), spareIn(own, within(own, need))) : spareIn(view, need);
    });
  }

  impossible(amounts: ArrayLike<number>, offset: number): Window | undefined {
    const { views } = this;
    for (let index = 0; index < views.length; index++) {
      const { window, column } = views[index]!;
      if (window.limit > 0 && amounts[offset + column]! > window.limit + epsilon) return window;
    }
    return undefined;
  }

  hear(report: QuotaReport, since: number, now: number): WindowChange | undefined {
    if (now - since > remembered) return undefined;
    this.advance(now);
    const { book, views } = this;
    let reason: WindowChange['reason'] | undefined;
    let index = book.about(report, views);
    if (book.learn(report)) reason = 'learned';
    else if (
      report.refused !== undefined && // to add up what was sent in a day is nothing for every answer
      index >= 0 &&
      book.suspect(report, views[index]!.window, this.mostUsed(index, since, now), this.sent(index, now))
    )
      reason = 'sliding';
    const unitsChanged = reason !== undefined && this.setWindows(now);
    if (reason) index = book.about(report, this.views);
    const view = this.views[index];
    if (!view) return undefined;

    // What is left in a bucket is told in whole units, rounded down.
    const rounding = view.window.kind === 'bucket' && report.refused === undefined ? 1 : 0;
    const amount = Math.max(0, (report.used ?? 0) - rounding - this.mostUsed(index, since, now));
    const neverFits = (report.refused ?? 0) > report.limit; // which says nothing of what is used
    const refused = report.refused !== undefined && !neverFits && (report.used === undefined || amount > 0);
    const { share, column } = view;
    const served = refused && this.log.sum(column, share.changedAt) > 0;
    const changed = !neverFits && share.heard(amount, report.used ?? view.window.limit, refused, served, since, now);
    if (changed || (refused && share.part < 1)) this.divide(now, refused ? view : undefined);
    if (amount > 0) {
      this.changes++;
      view.addElsewhere(amount, now + report.resetMs);
      reason ??= 'elsewhere';
    }
    if (reason === 'learned' || reason === 'sliding') this.tell(unitsChanged); // last, for it lets requests go
    return reason && { reason, window: view.window, amount };
  }

  guess(since: number, now: number): WindowChange | undefined {
    this.advance(now);
    const { book, log } = this;
    const requests = this.units.indexOf('requests');
    const sent = this.inFlight[requests]! + log.sum(requests, now - guessedPer);
    if (!book.refusedUnnamed(sent, since, now)) return undefined;
    this.tell(this.setWindows(now));
    return { reason: 'learned', window: book.guess.window!, amount: 0 };
  }

  surplus(report: QuotaReport, flight: Flight, since: number, maxFlight: number): number {
    const { log } = this;
    const view = this.views[this.book.about(report, this.views)];
    if (view?.window.kind !== 'bucket' || report.used === undefined) return 0; // a sliding window always counts more
    const { column, window } = view;
    if (this.past && since < this.past.until(window)) return 0; // a request that was in flight at the restart may never have arrived
    // Heads overtake each other: what landed after this request was sent, the server may have counted after it wrote this head.
    let later = 0;
    for (let row = log.end - 1; row >= log.first && log.time(row) >= since; row--) later += log.amount(row, column);
    if (flight.row >= log.first) later -= flight.amounts[column]!;
    // A bucket here may lag by a flight behind the server's, for as long as it does not fill up: it began to refill so much later.
    return (window.limit - view.free(0) - later - report.used) / window.limit - maxFlight / window.per;
  }

  rehearsal(now: number): Counts {
    this.advance(now);
    const { units, views, shares, flights, longest } = this;
    const log = this.log.copy(Math.min(this.log.end, ...views.map(({ cursor }) => cursor)));
    const copies = views.map(view => view.copy(log));
    const ofShares = shares.map(({ own, of }) => ({ own: own.copy(log), of: copies[views.indexOf(of)]! }));
    const copy = new MemoryCounts(units);
    Object.assign(copy, { units, log, longest, views: copies, shares: ofShares, inFlight: units.map(() => 0) });
    for (let flight = flights.first; flight; flight = flight.next) copy.append(flight.amounts, 0, now, flight.deadline);
    return copy;
  }

  use(): readonly WindowUse[] {
    return this.views.map(view => view.use(this.inFlight[view.column]!));
  }

  snapshot(now: number): readonly WindowUsage[] {
    this.advance(now);
    const { views, inFlight, flights } = this;
    const counted = views.map(({ window: { unit, per }, column }, index) => ({
      unit,
      per,
      counted: views[index]!.counted(inFlight[column]!, flights.first),
    }));
    // A window that only the server had told is known again when it tells it again.
    return [...counted, ...(this.past?.beside(counted) ?? [])].map(({ unit, per, counted }) => ({
      unit,
      per,
      counted: agesOf(counted, per, now),
    }));
  }

  restore(usage: readonly WindowUsage[], origin: number, now: number): void {
    if (this.changes > 0 || this.past) return;
    this.past = new PastUse(usage, origin);
    this.longest = Math.max(this.longest, ...usage.map(({ per }) => per));
    this.views = this.views.map(({ window, learned }) => Object.assign(this.open(window, now), { learned }));
    this.advance(now);
    this.tell(false);
  }

  add(window: number, amount: number, until: number, now: number): void {
    this.advance(now);
    this.changes++;
    this.views[window]!.addElsewhere(amount, until);
  }

  private growGuess(now: number): void {
    const { guess } = this.book;
    if (guess.grow(now)) this.views.find(({ window }) => Guess.covers(window))?.setLimit(guess.window!.limit, now);
  }

  /** @param until it may be counted as late as that */
  private append(amounts: ArrayLike<number>, offset: number, now: number, until = now): number {
    const { log, views } = this;
    const time = Math.ceil(until);
    // A custom clock may stand still or a flight may be overdue: the log stays in order of time.
    const at = log.end > log.first ? Math.max(time, log.time(log.end - 1)) : time;
    const row = log.append(at, amounts, offset);
    for (let index = 0; index < views.length; index++) {
      const view = views[index]!;
      view.land(row, now, amounts[offset + view.column]!);
    }
    for (const { own } of this.shares) own.land(row, now, amounts[offset + own.column]!);
    return row;
  }

  private mostUsed(index: number, since: number, now: number): number {
    const view = this.views[index]!;
    return view.mostUsed(this.inFlight[view.column]!, since, now);
  }

  /** Units that were counted here within a window's length. */
  private sent(index: number, now: number): number {
    const { column, window } = this.views[index]!;
    let sent = this.log.sum(column, now - window.per);
    for (const { time, amount } of this.past?.of(window) ?? []) if (time > now - window.per) sent += amount;
    return sent;
  }

  /** What has been counted stays counted. Returns whether the columns have changed. */
  private setWindows(now: number): boolean {
    const windows = this.book.inForce();
    const units = [
      ...new Set<Unit>(['requests', ...this.always, ...this.units, ...windows.map(({ window }) => window.unit)]),
    ];
    const unitsChanged = units.length !== this.units.length;
    if (unitsChanged) this.setUnits(units);
    this.advance(now);
    const old = [...this.views];
    this.views = windows.map(({ window, learned }) => {
      const known = old.findIndex(
        ({ window: { unit, per, kind } }) => unit === window.unit && per === window.per && kind === window.kind,
      );
      const view = known >= 0 ? old.splice(known, 1)[0]! : this.open(window, now);
      view.setLimit(window.limit, now);
      view.learned = learned;
      return view;
    });
    this.longest = Math.max(this.longest, ...windows.map(({ window }) => window.per));
    this.divide(now);
    this.advance(now);
    return unitsChanged;
  }

  /** Counts by the shares as they are now. @param refused see `dividedShares` */
  private divide(now: number, refused?: View): void {
    this.shares = dividedShares(this.views, this.shares, this.log, now, refused);
  }

  private tell(unitsChanged: boolean): void {
    for (const listener of this.listeners) listener.changed(unitsChanged);
  }

  private open(window: Window, now: number): View {
    const column = this.units.indexOf(window.unit);
    const past = this.past?.of(window) ?? [];
    return window.kind === 'bucket'
      ? new Bucket(window, column, this.log, now, past)
      : new SlidingWindow(window, column, this.log, past);
  }

  /** New units count from now on: of what came before nothing is known in them. */
  private setUnits(units: readonly Unit[]): void {
    this.units = units;
    this.log.widen(units.length);
    for (let flight = this.flights.first; flight; flight = flight.next) {
      while (flight.amounts.length < units.length) flight.amounts.push(0);
    }
    while (this.inFlight.length < units.length) this.inFlight.push(0);
  }
}

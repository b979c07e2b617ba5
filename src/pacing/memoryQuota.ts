import type { Observable, Subscription } from 'rxjs';
import type { Unit, Window, WindowUse } from '../limits/index.js';
import { Bucket } from './bucket.js';
import { CountLog } from './countLog.js';
import { type Flight, Flights, inTheAir } from './flights.js';
import type { Counts, CountsListener, Quota } from './quota.js';
import { SlidingWindow } from './slidingWindow.js';
import { epsilon, type Room, type View } from './view.js';

/** Counts kept in this process. Give the same object to several operators, with one `pool`, to have them share counts and line. */
export function memoryQuota(): Quota {
  const pools = new Map<string, Counts>();
  return {
    open(key) {
      const counts = pools.get(key) ?? new MemoryCounts();
      pools.set(key, counts);
      return counts;
    },
  };
}

/** The log is what happened; the windows are views of it; flights are what may have happened. */
class MemoryCounts implements Counts {
  units: readonly Unit[] = [];
  private views: readonly View[] = [];
  private readonly log = new CountLog();
  private readonly flights = new Flights();
  /** Units in flight, by column. */
  private inFlight: number[] = [];
  private longest = 0;
  private readonly roomFound: Room = { at: 0, certain: true, by: -1 };

  get windows(): readonly View[] {
    return this.views;
  }

  connect(windows$: Observable<readonly Window[]>, clock: () => number, listener: CountsListener): Subscription {
    return windows$.subscribe({
      next: windows => listener.changed(this.setWindows(windows, clock())),
      error: error => listener.error(error),
    });
  }

  advance(now: number): void {
    for (let flight = this.flights.first; flight && flight.deadline <= now; flight = this.flights.first) {
      this.land(flight, flight.deadline);
    }
    const { views } = this;
    for (let index = 0; index < views.length; index++) views[index]!.advance(now);
    this.log.forget(this.longest, now);
  }

  fits(amounts: ArrayLike<number>, offset: number): boolean {
    const { views, inFlight } = this;
    for (let index = 0; index < views.length; index++) {
      const view = views[index]!;
      if (!(amounts[offset + view.column]! <= view.free(inFlight[view.column]!) + epsilon)) return false;
    }
    return true;
  }

  count(amounts: ArrayLike<number>, offset: number, now: number): void {
    this.append(amounts, offset, Math.ceil(now));
  }

  take(flight: Flight): void {
    this.flights.add(flight);
    for (let column = 0; column < this.units.length; column++) this.inFlight[column]! += flight.amounts[column]!;
  }

  land(flight: Flight, now: number): void {
    this.flights.remove(flight);
    for (let column = 0; column < this.units.length; column++) this.inFlight[column]! -= flight.amounts[column]!;
    flight.row = this.append(flight.amounts, 0, Math.ceil(now));
  }

  correct(flight: Flight, amounts: ArrayLike<number>, now: number): void {
    const { row } = flight;
    for (let column = 0; column < this.units.length; column++) {
      const delta = amounts[column]! - (flight.amounts[column] ?? 0);
      if (delta === 0) continue;
      flight.amounts[column] = amounts[column]!;
      if (row === inTheAir) {
        this.inFlight[column]! += delta;
        continue;
      }
      if (row >= this.log.first) this.log.add(row, column, delta);
      for (const view of this.views) if (view.column === column) view.correct(row, delta, now);
    }
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
    return roomFound;
  }

  spareAt(instant: number, amounts: ArrayLike<number>, offset: number, landing: number): readonly number[] {
    return this.views.map(view =>
      view.window.kind === 'sliding' && landing + view.window.per <= instant
        ? Number.POSITIVE_INFINITY
        : view.freeAt(instant, this.inFlight[view.column]!, this.flights.first) - amounts[offset + view.column]!,
    );
  }

  impossible(amounts: ArrayLike<number>, offset: number): Window | undefined {
    const { views } = this;
    for (let index = 0; index < views.length; index++) {
      const { window, column } = views[index]!;
      if (window.limit > 0 && amounts[offset + column]! > window.limit + epsilon) return window;
    }
    return undefined;
  }

  use(): readonly WindowUse[] {
    return this.views.map(view => view.use(this.inFlight[view.column]!));
  }

  private append(amounts: ArrayLike<number>, offset: number, time: number): number {
    const { log, views } = this;
    // A custom clock may stand still or a flight may be overdue: the log stays in order of time.
    const at = log.end > log.first ? Math.max(time, log.time(log.end - 1)) : time;
    const row = log.append(at, amounts, offset);
    for (let index = 0; index < views.length; index++) {
      const view = views[index]!;
      view.land(row, at, amounts[offset + view.column]!);
    }
    return row;
  }

  /** Returns whether the columns have changed. What has been counted stays counted. */
  private setWindows(windows: readonly Window[], now: number): boolean {
    const units = [...new Set<Unit>(['requests', ...this.units, ...windows.map(window => window.unit)])];
    const unitsChanged = units.length !== this.units.length;
    if (unitsChanged) this.setUnits(units);
    this.advance(now);
    const old = [...this.views];
    this.views = windows.map(window => {
      const same = old.findIndex(
        ({ window: { unit, per, kind } }) => unit === window.unit && per === window.per && kind === window.kind,
      );
      if (same >= 0) {
        const [view] = old.splice(same, 1) as [View];
        view.setLimit(window.limit, now);
        return view;
      }
      const column = this.units.indexOf(window.unit);
      return window.kind === 'bucket'
        ? new Bucket(window, column, this.log, now)
        : new SlidingWindow(window, column, this.log);
    });
    this.longest = Math.max(this.longest, ...windows.map(window => window.per));
    this.advance(now);
    return unitsChanged;
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

import type { Observable, Subscription } from 'rxjs';
import type { QuotaReport, Unit, Window, WindowChange, WindowUse } from '../limits/index.js';
import type { Flight } from './flights.js';
import type { Room } from './view.js';
import type { WindowUsage } from './WindowUsage.js';

/** Where quotas are counted: in memory (`memoryQuota()`), or somewhere that several processes share. */
export interface Quota {
  /**
   * The counts of one model or pool; the same key gives the same counts.
   * @param units to count even while no window asks for them
   */
  open(key: string, units?: readonly Unit[]): Counts;
  /** What a shared quota has to say that is no request's error: a client tells it in its `events$`. */
  readonly notices$?: Observable<QuotaNotice>;
}

/** What a shared quota has to say that is no request's error. */
export type QuotaNotice =
  | { readonly type: 'available' }
  | { readonly type: 'unavailable'; readonly error: unknown }
  /** Processes have different limits for this window: the lowest counts. `window` is as this process's config has it. */
  | {
      readonly type: 'limits_differ';
      readonly pool: string;
      readonly window: Window;
      readonly lowest: number;
      readonly highest: number;
    };

/**
 * The counts of one model or pool. An *amounts* vector holds a cost, one number a unit, in the order of `units`.
 * Every call that takes `now` (ms of the pacer's clock) sees what counts at that instant.
 */
export interface Counts {
  /** The columns of amounts vectors; the first is always 'requests'. Empty until the windows are known. */
  readonly units: readonly Unit[];
  /**
   * Takes its windows from `windows$`. `changed` is called when a limit or the set of windows has changed, `room` when
   * something was given back elsewhere (a shared quota), `error` when `windows$` fails.
   */
  connect(windows$: Observable<readonly Window[]>, clock: () => number, listener: CountsListener): Subscription;
  /** Counts what has come of age: windows move on, flights beyond `maxFlight` are taken as counted. */
  advance(now: number): void;
  /** Whether all of it fits in all windows at this instant. */
  fits(amounts: ArrayLike<number>, offset: number): boolean;
  /** Counts a plain value: sent and acknowledged at this instant. */
  count(amounts: ArrayLike<number>, offset: number, now: number): void;
  /** Counts a request that is in flight until `land`. */
  take(flight: Flight): void;
  /** The server has counted it, at this instant at the latest. */
  land(flight: Flight, now: number): void;
  /** Replaces what the flight takes by `amounts`, in every window that still counts it. */
  correct(flight: Flight, amounts: ArrayLike<number>, now: number): void;
  /** As `correct`; but all units beside requests count as of now, for the server has counted them just before. */
  countAtEnd(flight: Flight, amounts: ArrayLike<number>, now: number): void;
  /** First instant at which it fits if nothing else is admitted. */
  room(amounts: ArrayLike<number>, offset: number, now: number): Room;
  /** Units free in each window at a later instant, less `amounts`; Infinity where what goes now (and lands by `landing`) is gone by then. */
  spareAt(instant: number, amounts: ArrayLike<number>, offset: number, landing: number): readonly number[];
  /** The window that this vector can never fit, if any; a closed window (limit 0) makes nothing impossible. */
  impossible(amounts: ArrayLike<number>, offset: number): Window | undefined;
  /** Windows in the order of `spareAt`, each with its column. */
  readonly windows: readonly { readonly window: Window; readonly column: number }[];
  /**
   * What the server said of a window, in answer to a request that was admitted at `since`. Less left than we thought corrects the
   * windows; more is not believed. Answers what that has changed, if anything; `listener.changed` is called for new and lowered limits.
   */
  hear(report: QuotaReport, since: number, now: number): WindowChange | undefined;
  /**
   * The server has refused what was admitted at `since`, and does not say which window of its had no room. Where none here could have told,
   * one is guessed. A quota that is kept elsewhere need not guess.
   */
  guess?(since: number, now: number): WindowChange | undefined;
  /**
   * How much more a server has left in a bucket than it can have without giving something back: a share of it; negative where it has less.
   * It said so in answer to `flight`, which was admitted at `since`.
   */
  surplus(report: QuotaReport, flight: Flight, since: number, maxFlight: number): number;
  /** A copy as of now, to see what is to come: those in flight are counted, in a sliding window as late as they may be. */
  rehearsal(now: number): Counts;
  use(): readonly WindowUse[];
  /** Use that can go on in another process. A quota that is kept elsewhere anyway has none. */
  readonly lasting?: LastingUse;
  /** Of counts that are kept elsewhere: they can't answer in the same turn, so they are asked. */
  readonly elsewhere?: Elsewhere;
}

/**
 * Counts kept elsewhere are asked for the first in line; `fits` answers true for what they have been granted, and `listener.room()` is
 * called when that has changed. What is granted and not taken in that turn goes back.
 */
export interface Elsewhere {
  /** Why nothing can be counted, where waiting will not mend it: whoever is first in line fails with it. */
  readonly failure: unknown;
  /**
   * Asks for these, in their order, unless they have been asked for.
   * @param level of the first
   * @param maxFlight ms from sending until the server has counted it
   * @returns the instant at which to ask again, if nothing is heard before
   */
  ask(level: number, wanted: readonly (readonly number[])[], maxFlight: number, now: number): number;
  /** Nobody wants to go now. */
  withdraw(): void;
  /** The server told everybody to wait. */
  hold(ms: number): void;
}

/** Counts that can be carried from one process to the next. */
export interface LastingUse {
  /** Grows whenever something more, or something else, has been counted. */
  readonly changes: number;
  snapshot(now: number): readonly WindowUsage[];
  /**
   * Counts what a former process has counted; the windows need not be known yet. Nothing happens where something has been counted already.
   * @param origin instant that the ages were counted from
   */
  restore(usage: readonly WindowUsage[], origin: number, now: number): void;
  /** Others have used so much of a window (its place in `windows`); it counts until then, or for as long as a bucket takes to refill. */
  add(window: number, amount: number, until: number, now: number): void;
}

export interface CountsListener {
  changed(unitsChanged: boolean): void;
  room(): void;
  error(error: unknown): void;
}

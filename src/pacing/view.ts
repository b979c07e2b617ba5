import type { Window, WindowUse } from '../limits/index.js';
import type { CountLog } from './countLog.js';
import type { Flight } from './flights.js';
import type { Share } from './share.js';
import type { Counted } from './WindowUsage.js';

/** Guards sums of fractional costs against rounding; whole numbers are exact without it. */
export const epsilon = 1e-9;

/** When something fits, and whether that hangs on acknowledgements that have not come. */
export interface Room {
  /** Earliest instant; Infinity while the window is closed. */
  at: number;
  /** False where requests in flight decide: an early acknowledgement would make it earlier. */
  certain: boolean;
  /** Which window binds (its place in `Counts.windows`); -1 = none, it fits now. */
  by: number;
}

/**
 * A window as a view of the log: what of it still counts. `inFlight` (units of requests not yet acknowledged) and the list of
 * flights are the caller's; both kinds of window count them in full.
 */
export interface View {
  readonly window: Window;
  /** Which column of the log it counts. */
  readonly column: number;
  /** The server has told its limit, or the whole window. */
  learned: boolean;
  /** First row of the log that it still needs; Infinity where it has taken in all. */
  readonly cursor: number;
  /** How much of it is ours, where others use it, too. */
  readonly share: Share;
  setLimit(limit: number, now: number): void;
  /** Lets go of what no longer counts at `now`. */
  advance(now: number): void;
  /** `amount` was counted at `time` in `row`. */
  land(row: number, time: number, amount: number): void;
  /** What was counted in `row` turned out to be `delta` more (or less). */
  correct(row: number, delta: number, now: number): void;
  /**
   * The most that a server may have counted of what was sent here, at any instant from `since` to `now`: so what it reports beyond that
   * was sent by somebody else.
   */
  mostUsed(inFlight: number, since: number, now: number): number;
  /** Somebody else used `amount`; it counts until `until`, or for as long as a bucket takes to refill. */
  addElsewhere(amount: number, until: number): void;
  /** Units that could be taken now; negative when usage went over. */
  free(inFlight: number): number;
  /** First instant at which `need` fits if nothing else is admitted. */
  room(need: number, inFlight: number, flight: Flight | undefined, now: number, room: Room): void;
  /** Units free at a later instant if nothing else is admitted. */
  freeAt(instant: number, inFlight: number, flight: Flight | undefined): number;
  /** What still counts, and since when, if those in flight land as late as they may. In order of time. */
  counted(inFlight: number, flight: Flight | undefined): Counted[];
  /** The same once more, as a view of a copy of the log. What is still corrected stays here. */
  copy(log: CountLog): View;
  use(inFlight: number): WindowUse;
}

import type { Unit } from '../limits/index.js';

/** What has been counted in one window, in a form that outlives this process: ages in place of instants. */
export interface WindowUsage {
  readonly unit: Unit;
  /** Length of the window in ms. */
  readonly per: number;
  /**
   * What still counts, the oldest first: ms since it was counted, and how many units. What was in flight has a negative age: it
   * counts from the instant on at which the server has surely counted it.
   */
  readonly counted: readonly (readonly [ageMs: number, amount: number])[];
}

/** Units that were counted at an instant, in ms of the pacer's clock. */
export interface Counted {
  readonly time: number;
  readonly amount: number;
}

/** A window's entries beyond this are merged, so that what is stored stays small however busy the window is. */
const mostEntries = 1000;

/** @param now instant that ages are to be counted from; in whole ms, rounded so that nothing leaves its window too early */
export function agesOf(counted: readonly Counted[], per: number, now: number): WindowUsage['counted'] {
  const used = counted.filter(({ amount }) => amount > 0);
  const merged = used.length > mostEntries ? coarser(used, per / mostEntries) : used;
  return merged.map(({ time, amount }) => [Math.floor(now - time), amount] as const);
}

/** @param origin the instant that ages were counted from */
export function instantsOf({ counted }: WindowUsage, origin: number): Counted[] {
  const instants = counted.map(([age, amount]) => ({ time: Math.ceil(origin - age), amount }));
  return instants.sort((one, other) => one.time - other.time);
}

/** Instants rounded up, so that nothing leaves its window too early. */
function coarser(counted: readonly Counted[], grain: number): Counted[] {
  const sums = new Map<number, number>();
  for (const { time, amount } of counted) {
    const slot = Math.ceil(time / grain);
    sums.set(slot, (sums.get(slot) ?? 0) + amount);
  }
  return Array.from(sums, ([slot, amount]) => ({ time: slot * grain, amount }));
}

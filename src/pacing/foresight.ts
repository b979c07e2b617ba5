import { windowName } from '../limits/index.js';
import type { Place } from './lane.js';
import type { Counts } from './quota.js';

/** Where somebody in line stands, and what becomes of that if nothing else comes. */
export interface Foresight {
  /** 1 = next. */
  readonly position: number;
  /** Instant of its admission; Infinity where that hangs on more than time. */
  readonly at: number;
  /** What it waits for: a window ('tokens per 1m'), or what the pacer knows of beside its windows. */
  readonly waitingFor: string;
}

/**
 * Lets the whole line go, in its order, in a forecast of its windows. Those whose cost is not known yet have a share in the position, not in
 * the windows.
 * @param from nobody goes before this instant
 * @param obstacle what else keeps the line, if anything does
 */
export function foresee(
  order: readonly Place[],
  counts: Counts,
  from: number,
  obstacle: string | undefined,
): Map<unknown, Foresight> {
  const foreseen = new Map<unknown, Foresight>();
  const future = counts.forecast();
  const columns = counts.units.length;
  let at = from;
  let waitingFor = obstacle ?? 'its turn';
  for (const [index, place] of order.entries()) {
    const { amounts, values } = place.chunk;
    const offset = place.index * columns;
    if (at < Number.POSITIVE_INFINITY && !Number.isNaN(amounts[offset])) {
      const next = future.admit(amounts, offset, at);
      at = next.at;
      if (next.by >= 0) waitingFor = windowName(counts.windows[next.by]!.window);
    }
    foreseen.set(values[place.index], { position: index + 1, at, waitingFor });
  }
  return foreseen;
}

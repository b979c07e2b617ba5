import { windowName } from '../limits/index.js';
import type { Costs } from './costs.js';
import type { Place } from './lane.js';
import type { Line } from './line.js';
import type { PacedOwner } from './paced.js';
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
 * Lets the whole line go, in a copy of it and a forecast of its windows: by priority, turns and aging, as it will. Only what slips into a
 * gap (`backfill`) is not foreseen. Those whose cost is not known yet have a share in the position, not in the windows.
 * @param from nobody goes before this instant
 * @param obstacle what else keeps the line, if anything does
 */
export function foresee(
  line: Line,
  counts: Counts,
  now: number,
  from: number,
  obstacle: string | undefined,
  costs: Costs,
): Map<unknown, Foresight> {
  const foreseen = new Map<unknown, Foresight>();
  const future = counts.forecast();
  const columns = counts.units.length;
  const rehearsal = line.rehearsal();
  const head = {} as Place;
  let at = from;
  /** Of the newest who can be said to go at all. */
  let instant = from < Number.POSITIVE_INFINITY ? from : now;
  let waitingFor = obstacle ?? 'its turn';
  while (rehearsal.head(instant, head)) {
    const { chunk, index } = head;
    const offset = index * columns;
    if (at < Number.POSITIVE_INFINITY && !Number.isNaN(chunk.amounts[offset])) {
      const room = future.room(chunk.amounts, offset, at);
      const overtaken = rehearsal.overtaken(head, at, room.at);
      if (overtaken < room.at) {
        at = instant = overtaken;
        continue;
      }
      at = room.at;
      if (room.by >= 0) waitingFor = windowName(counts.windows[room.by]!.window);
      if (at < Number.POSITIVE_INFINITY) {
        instant = at;
        future.take(chunk.amounts, offset, at);
      }
    }
    const place = chunk.values[index] as Place;
    const value = place.chunk.values[place.index];
    foreseen.set(value, { position: foreseen.size + 1, at, waitingFor });
    rehearsal.remove(chunk, index);
    const { priority, key } = chunk.lane;
    const owner = place.chunk.owners[place.index] as PacedOwner<unknown>;
    if (key !== undefined) rehearsal.charge(priority, key, costs.shareOf(owner, value, chunk.amounts, offset));
  }
  return foreseen;
}

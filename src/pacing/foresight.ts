import { windowName } from '../limits/index.js';
import type { Backfiller } from './backfill.js';
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

/** Who stands in the copy of a line. */
interface Guest {
  readonly value: unknown;
  readonly owner: PacedOwner<unknown>;
}

/**
 * Lets the whole line go, in a copy of it and of its counts: by priority, turns, aging and into gaps (`backfill`), as it will.
 * Those whose cost is not known yet have a share in the position, not in the windows.
 * @param from nobody goes before this instant
 * @param obstacle what else keeps the line, if anything does
 * @param maxFlight see `PacerOptions`
 */
export function foresee(
  line: Line,
  counts: Counts,
  now: number,
  from: number,
  obstacle: string | undefined,
  costs: Costs,
  backfiller: Backfiller | undefined,
  maxFlight: number,
): Map<unknown, Foresight> {
  const foreseen = new Map<unknown, Foresight>();
  const future = counts.rehearsal(now);
  const columns = counts.units.length;
  const rehearsal = line.rehearsal();
  const gaps = backfiller?.rehearsal(future, rehearsal);
  const head = {} as Place;
  let at = from;
  /** Of the newest who can be said to go at all. */
  let instant = from < Number.POSITIVE_INFINITY ? from : now;
  let waitingFor = obstacle ?? 'its turn';
  while (rehearsal.head(instant, head)) {
    let next = head;
    const { amounts } = head.chunk;
    const offset = head.index * columns;
    if (at < Number.POSITIVE_INFINITY && !Number.isNaN(amounts[offset])) {
      future.advance(at);
      const { at: roomAt, by } = future.room(amounts, offset, at);
      if (roomAt > at) {
        const slips = roomAt < Number.POSITIVE_INFINITY ? gaps : undefined;
        const { owner } = head.chunk.values[head.index] as Guest;
        const gap = slips?.find(head, roomAt, by, at, owner.needsPermit ? at + maxFlight : at);
        if (gap) {
          next = gap;
        } else {
          waitingFor = windowName(counts.windows[by]!.window);
          at = rehearsal.overtaken(head, at, slips?.wake ?? roomAt);
          if (at < Number.POSITIVE_INFINITY) {
            instant = at;
            continue;
          }
        }
      }
      if (at < Number.POSITIVE_INFINITY) future.count(next.chunk.amounts, next.index * columns, at);
    }
    const { chunk, index } = next;
    const { value, owner } = chunk.values[index] as Guest;
    foreseen.set(value, { position: foreseen.size + 1, at, waitingFor });
    gaps?.forget(chunk.arrivals[index]!);
    rehearsal.remove(chunk, index);
    const { priority, key } = chunk.lane;
    if (key !== undefined) rehearsal.charge(priority, key, costs.shareOf(owner, value, chunk.amounts, index * columns));
  }
  return foreseen;
}

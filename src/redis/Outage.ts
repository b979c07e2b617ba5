import type { Window } from '../limits/index.js';
import type { Counts } from '../pacing/index.js';
import { Apart } from './Apart.js';
import type { Dialogue } from './Dialogue.js';
import { type LimitsInForce, nameOf } from './LimitsInForce.js';
import type { Message } from './messages.js';

/** What a process makes of a Redis that was away: it goes on by itself with a part of the limits, and says again what Redis has lost. */
export class Outage {
  /** What has gone by itself here, from the moment on that Redis was away until it has been told. */
  apart: Apart | undefined = undefined;
  /** It had not heard of the windows yet, and has no part: others may have, of whom it knows nothing. */
  missed = false;

  constructor(
    private readonly mirror: Counts,
    private readonly limits: LimitsInForce,
    private readonly leaseMs: number,
  ) {}

  /** Each goes on with its nth part of what was free, as far as that is sure, and of what becomes free. */
  part(dialogue: Dialogue, now: number): void {
    dialogue.part();
    if (dialogue.windows.length === 0) this.missed = true;
    if (this.missed || this.apart) return;
    const { mirror } = this;
    const { processes } = dialogue;
    // Not what `use` says, which is of whole units: what it rounds up would be free.
    const ours = mirror.lasting!.snapshot(now);
    const since = processes > 1 ? takenSince(mirror.windows, now - dialogue.heard) : undefined;
    const windows = mirror.windows.map(({ window, column }) => ({
      ...{ name: nameOf(window), window, column },
      used: Math.min(window.limit, (dialogue.usedOf(window) ?? 0) + (since?.get(column) ?? 0)),
    }));
    for (const [index, { window, used }] of windows.entries()) {
      const own = ours[index]!.counted.reduce((sum, [, amount]) => sum + amount, 0);
      const others = used / processes - own;
      if (others > 0) mirror.lasting!.add(index, others, now + window.per, now);
    }
    this.apart = new Apart(
      windows.filter(({ window }) => window.kind === 'bucket'),
      processes,
      now,
    );
    this.limits.share(1 / processes);
  }

  /** Redis knows all that went without it. */
  together(): void {
    this.apart = undefined;
    this.limits.share(1);
  }

  /** What Redis has lost: of sliding windows what went since then, of a bucket its level as it was heard last. */
  lost(dialogue: Dialogue, now: number, from: number): Message['counted'] {
    const { mirror } = this;
    const kept = now - dialogue.heard - this.leaseMs; // what was in flight then was counted later
    return mirror.lasting!.snapshot(now).map(({ unit, per, counted }, index) => {
      const window = mirror.windows[index]?.window;
      const level = window?.kind === 'bucket' ? dialogue.usedOf(window) : undefined;
      const entries =
        level === undefined
          ? counted.filter(([age]) => age <= now - from)
          : [[Math.max(0, Math.floor(kept)), level] as const];
      return [`${unit}|${per}`, entries] as const;
    });
  }
}

/**
 * What others may have been let go since Redis was heard, by column: all that the shortest window of the unit lets through in that time. Where
 * the shortest is longer than a minute, that would stop everybody for hours; then it is what it lets through in the mean, and a minute's worth.
 */
function takenSince(windows: Counts['windows'], ms: number): ReadonlyMap<number, number> {
  const shortest = new Map<number, Window>();
  for (const { window, column } of windows) {
    if (window.per < (shortest.get(column)?.per ?? Number.POSITIVE_INFINITY)) shortest.set(column, window);
  }
  return new Map(
    [...shortest].map(([column, { limit, per }]) => [column, (limit / per) * (Math.min(per, 60_000) + ms)]),
  );
}

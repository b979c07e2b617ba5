import { BehaviorSubject, type Observable, Subscription } from 'rxjs';
import type { ModelEntry } from '../config/index.js';
import type { Unit, Window } from '../limits/index.js';
import { type Clock, Pacer, type PacerOptions, type Quota } from '../pacing/index.js';

/** The lines of a client: one pacer a pool. */
export interface Lanes {
  /** The line of this entry's pool, opened at its first use. */
  of(entry: ModelEntry): Pacer;
  /** The pool's windows as they are now; use counted so far is kept, and requests in line keep their places. */
  update(entry: ModelEntry): void;
  /** Nobody goes any more: who leaves a line must not let the next one go. */
  stop(): void;
  close(): void;
}

/** Whether requests may be sent: for all pools, or by pool. */
export type Gate = Observable<boolean> | ((pool: string) => Observable<boolean> | undefined);

/** What a request's cost names. */
const units: readonly Unit[] = ['requests', 'tokens', 'input_tokens', 'output_tokens'];

export function openLanes(
  quota: Quota,
  clock: Clock,
  options: Omit<PacerOptions, 'maxConcurrent' | 'units'>,
  gate$: Gate | undefined,
): Lanes {
  const lanes = new Map<string, { readonly pacer: Pacer; readonly windows$: BehaviorSubject<readonly Window[]> }>();
  const connections = new Subscription();
  return {
    of(entry) {
      const known = lanes.get(entry.pool);
      if (known) return known.pacer;
      const pacer = new Pacer(quota, entry.pool, clock, { ...options, units, maxConcurrent: entry.maxConcurrent });
      const windows$ = new BehaviorSubject(entry.windows);
      lanes.set(entry.pool, { pacer, windows$ });
      connections.add(pacer.connect(windows$, () => {})); // a BehaviorSubject of ours never errors
      const open$ = typeof gate$ === 'function' ? gate$(entry.pool) : gate$;
      connections.add(open$?.subscribe({ next: open => pacer.setGate(open), error: () => {} }));
      return pacer;
    },
    update(entry) {
      const lane = lanes.get(entry.pool);
      if (!lane || lane.windows$.value === entry.windows) return;
      lane.pacer.setMaxConcurrent(entry.maxConcurrent);
      lane.windows$.next(entry.windows);
    },
    stop() {
      for (const { pacer } of lanes.values()) pacer.hold(Number.POSITIVE_INFINITY);
    },
    close: () => connections.unsubscribe(),
  };
}

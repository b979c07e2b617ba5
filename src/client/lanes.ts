import { BehaviorSubject, combineLatest, endWith, map, type Observable, of, Subscription, startWith } from 'rxjs';
import type { ModelEntry } from '../config/index.js';
import type { Unit, Window } from '../limits/index.js';
import { type Circuit, type Clock, Pacer, type PacerOptions, type Quota } from '../pacing/index.js';
import type { UsageKeeper } from '../usage/index.js';

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
  options: Omit<PacerOptions, 'maxConcurrent' | 'units' | 'circuitChanged'>,
  gate$: Gate | undefined,
  circuitChanged: (pool: string, circuit: Circuit, coolDown: number) => void,
  usage: UsageKeeper | undefined,
): Lanes {
  const lanes = new Map<string, { readonly pacer: Pacer; readonly windows$: BehaviorSubject<readonly Window[]> }>();
  const connections = new Subscription();
  return {
    of(entry) {
      const known = lanes.get(entry.pool);
      if (known) return known.pacer;
      const pacer = new Pacer(quota, entry.pool, clock, {
        ...options,
        units,
        maxConcurrent: entry.maxConcurrent,
        circuitChanged: (circuit, coolDown) => circuitChanged(entry.pool, circuit, coolDown),
      });
      const windows$ = new BehaviorSubject(entry.windows);
      lanes.set(entry.pool, { pacer, windows$ });
      connections.add(pacer.connect(windows$, () => {})); // a BehaviorSubject of ours never errors
      if (usage) connections.add(pacer.watch(usage.keep(entry.pool, pacer.counts)));
      const open$ = openAfter(usage, typeof gate$ === 'function' ? gate$(entry.pool) : gate$);
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

/** While what was used before is not known, nobody goes: the gate is closed. */
function openAfter(usage: UsageKeeper | undefined, gate$: Observable<boolean> | undefined): typeof gate$ {
  if (!usage || usage.loaded) return gate$;
  const known$ = usage.loaded$.pipe(startWith(false), endWith(true));
  const open$ = gate$?.pipe(startWith(true)) ?? of(true);
  return combineLatest([known$, open$]).pipe(map(([known, open]) => known && open));
}

import { defer, map, type Observable, Subject, startWith } from 'rxjs';
import type { Priority } from '../limits/index.js';

/** How many requests are where. */
export interface StatusCounts {
  /** Waiting: in line, or for another attempt. */
  readonly queued: number;
  /** Sent and not yet ended. */
  readonly inFlight: number;
  /** Ended, in whatever way. */
  readonly done: number;
}

export interface ModelStatus extends StatusCounts {
  /** By the priority with which the request began; only those that occurred. */
  readonly priorities: { readonly [P in Priority]?: StatusCounts };
}

export interface ClientStatus extends StatusCounts {
  /** Only models that had requests. */
  readonly models: Readonly<Record<string, ModelStatus>>;
}

export type Place = keyof StatusCounts;
type Cell = Record<Place, number>;

/** The book behind `status$`. */
export interface StatusBook {
  /** A request goes from one place to another; `undefined` = it comes anew. */
  move(model: string, priority: Priority, from: Place | undefined, to: Place): void;
  /** A request is another model's from now on. */
  hand(priority: Priority, from: { model: string; place: Place }, to: { model: string; place: Place }): void;
  readonly status$: Observable<ClientStatus>;
  close(): void;
}

export function statusBook(): StatusBook {
  const cells = new Map<string, Map<Priority, Cell>>();
  const changed$ = new Subject<void>();
  const cellOf = (model: string, priority: Priority): Cell => {
    let priorities = cells.get(model);
    if (!priorities) {
      priorities = new Map();
      cells.set(model, priorities);
    }
    let cell = priorities.get(priority);
    if (!cell) {
      cell = { queued: 0, inFlight: 0, done: 0 };
      priorities.set(priority, cell);
    }
    return cell;
  };
  return {
    move(model, priority, from, to) {
      if (from === to) return;
      const cell = cellOf(model, priority);
      if (from) cell[from]--;
      cell[to]++;
      changed$.next();
    },
    hand(priority, from, to) {
      cellOf(from.model, priority)[from.place]--;
      cellOf(to.model, priority)[to.place]++;
      changed$.next();
    },
    status$: defer(() =>
      changed$.pipe(
        startWith(undefined),
        map(() => snapshot(cells)),
      ),
    ),
    close: () => changed$.complete(),
  };
}

function snapshot(cells: ReadonlyMap<string, ReadonlyMap<Priority, Cell>>): ClientStatus {
  const total = { queued: 0, inFlight: 0, done: 0 };
  const models: Record<string, ModelStatus> = {};
  for (const [model, priorities] of cells) {
    const sum = { queued: 0, inFlight: 0, done: 0 };
    for (const cell of priorities.values()) {
      for (const counts of [sum, total]) {
        counts.queued += cell.queued;
        counts.inFlight += cell.inFlight;
        counts.done += cell.done;
      }
    }
    models[model] = {
      ...sum,
      priorities: Object.fromEntries([...priorities].map(([priority, cell]) => [priority, { ...cell }])),
    };
  }
  return { ...total, models };
}

import {
  catchError,
  defaultIfEmpty,
  defer,
  EMPTY,
  from,
  ignoreElements,
  isObservable,
  type Observable,
  of,
  type SchedulerLike,
  Subject,
  type Subscription,
  take,
  throwError,
  timeout,
} from 'rxjs';
import { apart, type Clock, type Counts, type LastingUse, type WindowUsage } from '../pacing/index.js';
import { checkRecord } from './checkRecord.js';
import type { Eventually, LearntPrompt, UsageRecord, UsageStore } from './UsageStore.js';

/** Carries the counts of a client from one process to the next. */
export interface UsageKeeper {
  /** What was saved has been read, or could not be. */
  readonly loaded: boolean;
  /** Completes when it is. */
  readonly loaded$: Observable<never>;
  /** Goes on with what was saved of a pool. Returns what to call whenever its counts may have changed. */
  keep(pool: string, counts: Pick<Counts, 'lasting'>): () => void;
  /** Nothing of this pool counts any more. */
  forget(pool: string): void;
  /** Something was learnt. */
  learnt(): void;
  /** Saves what has not been saved: acts when called, and completes when that is done or has failed. */
  close(): Observable<never>;
}

/** What a client learns of prompts, beside what it counts. */
export interface Learning {
  samples(): Readonly<Record<string, readonly LearntPrompt[]>>;
  observe(model: string, prompt: LearntPrompt): void;
}

/** ms between two saves in the long run. */
const interval = 1000;
/** Saves that may come sooner: what is counted at the pace of most quotas is saved at once, so that a kill loses nothing. */
const burst = 60;
/** ms after which a store that does not answer is given up. */
const patience = 10_000;

/**
 * @param failed the store could not be read; or not be written, told once for several times in a row
 * @throws TypeError for what is no store
 */
export function keepUsage(
  store: UsageStore,
  clock: Clock,
  failed: (during: 'load' | 'save', error: unknown) => void,
  learning: Learning,
): UsageKeeper {
  if (typeof store?.load !== 'function' || typeof store.save !== 'function') {
    throw new TypeError('usageStore: expected { load, save }, such as fileUsageStore(path)');
  }
  const kept = new Map<string, LastingUse>();
  /** As it was read; what no line has taken up is saved again. */
  let read: UsageRecord['pools'] = {};
  /** Instant that its ages are counted from. */
  let origin = 0;
  let loaded = false;
  const loaded$ = new Subject<never>();
  /** Something has been counted since the last save began, or that has failed. */
  let dirty = false;
  let saving = false;
  let failing = false;
  let closing = false;
  const closed$ = new Subject<never>();
  let timer: Subscription | undefined;
  /** Until when all saves so far would have taken, were there one an `interval`. */
  let spentUntil = Number.NEGATIVE_INFINITY;

  const restore = (pool: string, use: LastingUse): void => {
    if (Object.hasOwn(read, pool)) use.restore(read[pool]!, origin, clock.now());
  };
  const open = (value: unknown): void => {
    if (value === null || value === undefined) return;
    const { savedAt, pools, prompts = {} } = checkRecord(value);
    // Saved in the future? The wall clock was set back: no time has passed then, as far as is certain.
    origin = clock.now() - Math.max(0, clock.wall() - savedAt);
    read = pools;
    for (const [pool, use] of kept) restore(pool, use);
    for (const [model, samples] of Object.entries(prompts)) {
      for (const sample of samples) learning.observe(model, sample);
    }
  };
  const record = (): UsageRecord => {
    const now = clock.now();
    const pools = new Map<string, readonly WindowUsage[]>();
    for (const [pool, windows] of Object.entries(read)) pools.set(pool, aged(windows, now - origin));
    for (const [pool, use] of kept) pools.set(pool, use.snapshot(now));
    return { version: 1, savedAt: clock.wall(), pools: Object.fromEntries(pools), prompts: learning.samples() };
  };

  const plan = (): void => {
    if (!dirty || !loaded || timer || saving || closing) return;
    const delay = spentUntil - (burst - 1) * interval - clock.now();
    timer = delay > 0 ? clock.scheduleIdly(save, delay) : clock.schedule(save, 0); // a program that ends by itself still saves
  };
  const save = (): void => {
    const last = closing;
    timer = undefined;
    dirty = false;
    saving = true;
    spentUntil = Math.max(spentUntil, clock.now()) + interval;
    const ended = (failure?: { readonly error: unknown }): void => {
      saving = false;
      if (failure && !failing) failed('save', failure.error);
      failing = failure !== undefined;
      if (closing) finish(last);
      else if (failing)
        dirty = true; // the next change, or the end, tries again
      else plan();
    };
    defer(() => eventually(store.save(record())))
      .pipe(ignoreElements())
      .subscribe({ error: error => ended({ error }), complete: () => ended() });
  };
  const finish = (tried: boolean): void => {
    if ((dirty || failing) && !tried) save();
    else closed$.complete();
  };

  const loading = defer(() => eventually(store.load()))
    .pipe(defaultIfEmpty(undefined), answersInTime(clock.scheduler), take(1))
    .subscribe({
      next(value) {
        try {
          open(value);
        } catch (error) {
          failed('load', error);
        }
      },
      error: error => failed('load', error),
    });
  loading.add(() => {
    loaded = true;
    loaded$.complete();
  });

  return {
    get loaded() {
      return loaded;
    },
    loaded$,
    keep(pool, { lasting: use }) {
      if (!use) return () => {};
      kept.set(pool, use);
      restore(pool, use);
      let seen = use.changes;
      return () => {
        if (use.changes === seen) return;
        seen = use.changes;
        dirty = true;
        plan();
      };
    },
    forget(pool) {
      kept.delete(pool);
      const { [pool]: _, ...others } = read;
      read = others;
    },
    learnt() {
      dirty = true;
      plan();
    },
    close() {
      closing = true;
      apart(() => loading.unsubscribe());
      timer?.unsubscribe();
      if (!saving) finish(false);
      return closed$.pipe(
        answersInTime(clock.scheduler),
        ignoreElements(),
        catchError(error => {
          failed('save', error);
          return EMPTY;
        }),
      );
    },
  };
}

function aged(windows: readonly WindowUsage[], passed: number): readonly WindowUsage[] {
  return windows.map(({ unit, per, counted }) => ({
    unit,
    per,
    counted: counted.flatMap(([age, amount]) => (age + passed < per ? [[age + passed, amount] as const] : [])),
  }));
}

function eventually<T>(value: Eventually<T>): Observable<T> {
  if (isObservable(value)) return value;
  return typeof (value as PromiseLike<T> | null)?.then === 'function' ? from(value as PromiseLike<T>) : of(value as T);
}

function answersInTime(scheduler: SchedulerLike) {
  return timeout<unknown, Observable<never>>({
    first: patience,
    scheduler,
    with: () => throwError(() => new Error(`usage store: no answer within ${patience / 1000} s`)),
  });
}

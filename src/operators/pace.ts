import {
  isObservable,
  map,
  Observable,
  type OperatorFunction,
  of,
  type SchedulerLike,
  type Subscriber,
  type Subscription,
} from 'rxjs';
import { RequestInvalidError } from '../errors/index.js';
import {
  type Cost,
  defaultPriority,
  isPriority,
  type Priority,
  type RateWindow,
  toWindows,
  type Unit,
  type Window,
} from '../limits/index.js';
import {
  atLeast,
  type Backfill,
  type Chunk,
  checkOverflow,
  checkReserve,
  clockOf,
  type FlyingPermit,
  memoryQuota,
  type Overflow,
  type PacedOwner,
  Pacer,
  type Quota,
  type Reserve,
  toBackfill,
} from '../pacing/index.js';
import { type FairBy, fairness } from './fairness.js';
import { operatorSubscriber } from './operatorSubscriber.js';

/** Windows as an operator takes them: one, several, or an Observable whose newest value holds (live limits). */
export type Windows = RateWindow | readonly RateWindow[] | Observable<RateWindow | readonly RateWindow[]>;

/** The units that windows count, where they are written as literals. */
export type UnitsOf<W> =
  W extends Observable<infer V>
    ? UnitsOf<V>
    : W extends readonly (infer One)[]
      ? UnitsOf<One>
      : W extends { readonly unit?: infer U }
        ? [Extract<U, string>] extends [never]
          ? 'requests'
          : Extract<U, string>
        : 'requests';

/** A cost that names nothing but those units. */
export type CostOf<U extends string> = string extends U ? Cost : { readonly [K in U | 'requests']?: number };

/** How values are paced. */
export interface PaceOptions<T, U extends string = Unit> {
  /** What a value takes of each unit; `requests` left out means 1. @default { requests: 1 } */
  readonly cost?: CostOf<U> | ((value: T) => CostOf<U>);
  /** 1 (most urgent) … 10. @default the value's own `priority` if it is an integer from 1 to 10, else 5 */
  readonly priority?: Priority | ((value: T) => number);
  /**
   * Whose a value is: within one priority, keys take turns by what they take of the windows, so that one's thousand values do not hold
   * up another's one. With weights, a key of weight 2 gets twice what one of weight 1 gets. @default no turns
   */
  readonly fairBy?: FairBy<T>;
  /** ms after which a waiting value gains a level of priority; 0 = never. @default 0 */
  readonly aging?: number;
  /** Let smaller values go while the first waits for room. @default false */
  readonly backfill?: boolean | Partial<Backfill>;
  /** @default Infinity */
  readonly maxQueue?: number;
  /**
   * Which value can't go when one more comes than `maxQueue` allows: the new one, the least urgent (of these the newest), or the oldest. What
   * becomes of it is `onImpossible`. @default 'reject-new'
   */
  readonly overflow?: Overflow;
  /** @default Infinity */
  readonly maxConcurrent?: number;
  /**
   * Parts of every window that are kept for the urgent: with `{ 1: 0.2 }` all that is less urgent than 1 may fill no more than 80 % of each.
   * @default none
   */
  readonly reserve?: Reserve;
  /** ms after which a value in flight is taken to have been counted by the server. @default 2000 */
  readonly maxFlight?: number;
  /** What becomes of a value that can never go. @default 'error' */
  readonly onImpossible?: 'error' | 'drop';
  /** Where it is counted. @default a quota of its own in memory */
  readonly quota?: Quota;
  /** Operators with one quota and one pool share counts and line. @default 'default' */
  readonly pool?: string;
  /** @default RxJS's monotonic clock; virtual inside `TestScheduler.run` */
  readonly scheduler?: SchedulerLike;
}

/**
 * Somebody is here until what this gives is called: a subscriber, or what has gone and is under way. For what was counted in Redis has still
 * to be told there when the line is long empty, and what is refused stands in line again.
 */
export type Join = () => () => void;

/** Pacers of quotas that were handed in, by pool: whoever names the same two stands in the same line. */
const shared = new WeakMap<Quota, Map<string, Pacer>>();

/**
 * The pacer as an operator: each value stands in line, and is emitted as `emit` makes it when it may go. Counts and line
 * belong to this call, not to the subscription, so that `retry` and `repeat` don't begin a new quota.
 * @throws TypeError for windows or options that make no sense
 */
export function pace<T, R>(
  windows: Windows,
  options: PaceOptions<T>,
  needsPermit: boolean,
  emit: (value: T, permit: FlyingPermit | undefined, join: Join) => R,
): OperatorFunction<T, R> {
  const { cost = oneRequest, priority = ownPriority, onImpossible = 'error', fairBy } = options;
  const windows$: Observable<readonly Window[]> = isObservable(windows)
    ? windows.pipe(map(toWindows))
    : of(checkUnits(toWindows(windows), cost));
  const costOf = typeof cost === 'function' ? cost : () => cost;
  const priorityOf = typeof priority === 'function' ? priority : () => priority;
  if (typeof priority !== 'function' && !isPriority(priority))
    throw new TypeError(`priority: expected 1 … 10, got ${String(priority)}`);
  if (onImpossible !== 'error' && onImpossible !== 'drop')
    throw new TypeError(`onImpossible: expected 'error' or 'drop'`);
  const { keyOf, weightOf } = fairness(fairBy);
  const pacer = pacerFor(options);
  const subscribers = new Set<Subscriber<R>>();
  // However many there are, the windows are followed once.
  let connection: Subscription | undefined;
  let here = 0;
  const leave = (): void => {
    if (--here === 0) connection?.unsubscribe();
  };
  const join: Join = () => {
    if (here++ === 0) {
      connection = pacer.connect(windows$, error => {
        for (const one of [...subscribers]) one.error(error);
      });
    }
    return leave;
  };

  return source =>
    new Observable<R>(subscriber => {
      let waiting = 0;
      let ended = false;
      /** Where the newest stands that had to wait. */
      let chunk: Chunk | undefined;
      let index = 0;
      const owner: PacedOwner<T> = {
        needsPermit,
        costOf,
        placed(_, newChunk, newIndex) {
          chunk = newChunk;
          index = newIndex;
        },
        ...(keyOf && { keyOf }),
        ...(weightOf && { weightOf }),
        admit(value, permit) {
          waiting--;
          subscriber.next(emit(value, permit, join));
          if (ended && waiting === 0) subscriber.complete();
        },
        impossible(_, error) {
          waiting--;
          if (onImpossible === 'error') subscriber.error(error);
          else if (ended && waiting === 0) subscriber.complete();
        },
      };
      subscriber.add(() => {
        // One that waits alone leaves by itself, so that cancelling a request of its own costs the same in any line.
        if (waiting === 1 && chunk?.owners[index] === owner) pacer.leave(chunk, index);
        else if (waiting > 0) pacer.drop(owner);
        subscribers.delete(subscriber);
        leave();
      });
      subscribers.add(subscriber);
      join();
      source.subscribe(
        operatorSubscriber<T>(
          subscriber,
          value => {
            const level = priorityOf(value);
            if (!isPriority(level)) throw invalidPriority(level);
            const amount = costOf(value);
            if (typeof amount !== 'object' || amount === null) throw invalidCost(amount);
            weightOf?.(value); // a wrong one fails here, not when it goes
            waiting++;
            pacer.arrive(owner, value, level, amount);
          },
          () => {
            ended = true;
            if (waiting === 0) subscriber.complete();
          },
        ),
      );
    });
}

function pacerFor(options: PaceOptions<never>): Pacer {
  const { quota = memoryQuota(), pool = 'default', scheduler } = options;
  const { aging = 0, backfill = false, maxQueue = Infinity, maxConcurrent = Infinity, maxFlight = 2000 } = options;
  atLeast('aging', aging, 0);
  atLeast('maxQueue', maxQueue, 0);
  atLeast('maxConcurrent', maxConcurrent, 1);
  atLeast('maxFlight', maxFlight, 0);
  const pools = shared.get(quota) ?? new Map<string, Pacer>();
  shared.set(quota, pools);
  const known = pools.get(pool);
  if (known) return known;
  const pacer = new Pacer(quota, pool, clockOf(scheduler), {
    aging,
    backfill: toBackfill(backfill),
    maxQueue,
    maxConcurrent,
    maxFlight,
    ...(options.overflow && { overflow: checkOverflow(options.overflow) }),
    ...(options.reserve && { reserve: checkReserve(options.reserve) }),
  });
  pools.set(pool, pacer);
  return pacer;
}

const oneRequest: Cost = { requests: 1 };

function ownPriority(value: unknown): Priority {
  const own = typeof value === 'object' && value !== null ? (value as { priority?: unknown }).priority : undefined;
  return isPriority(own) ? own : defaultPriority;
}

function checkUnits(windows: readonly Window[], cost: Cost | ((value: never) => Cost)): readonly Window[] {
  const missing =
    typeof cost === 'function' ? undefined : windows.find(({ unit }) => unit !== 'requests' && !(unit in cost));
  if (missing) {
    throw new TypeError(
      `unit: no cost names '${missing.unit}'; give rateWindow a cost, for instance { cost: value => ({ ${JSON.stringify(missing.unit)}: … }) }`,
    );
  }
  return windows;
}

function invalidCost(cost: unknown): RequestInvalidError {
  return new RequestInvalidError(`cost: expected units and amounts such as { tokens: 100 }, got ${String(cost)}`, {
    field: 'cost',
  });
}

function invalidPriority(priority: unknown): RequestInvalidError {
  return new RequestInvalidError(`priority: expected an integer from 1 to 10, got ${String(priority)}`, {
    field: 'priority',
  });
}

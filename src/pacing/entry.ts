import { isObservable, type Observable, Subscription, type Unsubscribable } from 'rxjs';
import { RequestInvalidError } from '../errors/index.js';
import { type Cost, defaultPriority, isPriority, type Priority } from '../limits/index.js';
import { apart } from './apart.js';
import type { Chunk } from './lane.js';
import type { PacedOwner } from './paced.js';
import type { Pacer } from './pacer.js';
import type { FlyingPermit } from './permit.js';

/** What somebody wants to send. */
export interface Want {
  /**
   * What it takes. A function is asked when the request comes within `depth` of the head; each value of an Observable replaces
   * the one before for as long as it waits.
   */
  readonly cost: Cost | (() => Cost | Observable<Cost>);
  /** A cheap upper bound; what it can't show to fit is counted at entry, so that what is too large fails at once. */
  readonly atMost?: Cost | undefined;
  /** Asked when it is about to go: its cost, where something has been learnt since it was asked. */
  readonly renewed?: () => Cost | undefined;
  /** 1 … 10; an Observable may change it while the request waits. */
  readonly priority: number | Observable<number>;
  /** Whose it is: within one priority, keys take turns by what they take. @default no turns */
  readonly key?: unknown;
  /** How large a part of the turns the key has, beside others' 1. @default 1 */
  readonly weight?: number | undefined;
}

/** Who wants it: hears exactly one of these, once, unless the place in line is left before. */
export interface Taker {
  admitted(permit: FlyingPermit): void;
  failed(error: unknown): void;
}

/** A place in line that was held before. */
export interface Seat {
  readonly arrival: number;
  readonly since: number;
}

/** One want in line: it is its own owner. */
export class Entry implements PacedOwner<Entry>, Unsubscribable {
  private chunk: Chunk | undefined = undefined;
  private index = 0;
  private cost: Cost | undefined = undefined;
  private priority: Priority = defaultPriority;
  /** asked: what it costs; over: no longer waiting */
  private stage: 'new' | 'asked' | 'over' = 'new';
  /** What it listens to while it waits. */
  private listening: Subscription | undefined = undefined;

  constructor(
    private readonly pacer: Pacer,
    private readonly want: Want,
    private readonly taker: Taker,
  ) {}

  get needsPermit(): true {
    return true;
  }

  private get over(): boolean {
    return this.stage === 'over';
  }

  enter(seat?: Seat): void {
    const { cost, atMost, priority } = this.want;
    if (isObservable(priority)) this.listen(priority, value => this.setPriority(value));
    else this.setPriority(priority);
    if (this.over) return;
    try {
      if (typeof cost !== 'function') this.cost = cost;
      else if (!atMost || this.pacer.isShort || this.pacer.exceeds(atMost, this.priority)) this.near();
      if (this.over) return;
      if (seat) this.pacer.putBack(this, this, this.priority, seat.arrival, seat.since);
      else this.pacer.arrive(this, this, this.priority, this.cost);
    } catch (error) {
      this.fail(error); // a cost that is no cost
    }
  }

  /** Steps out of the line. */
  unsubscribe(): void {
    const { chunk, index } = this;
    this.end();
    if (chunk) this.pacer.leave(chunk, index);
  }

  placed(_: Entry, chunk: Chunk, index: number): void {
    this.chunk = chunk;
    this.index = index;
  }

  costOf(): Cost | undefined {
    return this.cost;
  }

  keyOf(): unknown {
    return this.want.key;
  }

  weightOf(): number {
    return this.want.weight ?? 1;
  }

  near(): void {
    if (this.stage !== 'new') return;
    this.stage = 'asked';
    const { want } = this;
    try {
      const answer = typeof want.cost === 'function' ? want.cost() : want.cost;
      if (isObservable(answer)) this.listen(answer, value => this.setCost(value));
      else this.setCost(answer);
    } catch (error) {
      this.fail(error);
    }
  }

  renewed(): Cost | undefined {
    if (this.stage !== 'asked') return undefined;
    try {
      const cost = this.want.renewed?.();
      if (cost) this.cost = cost;
      return cost;
    } catch (error) {
      this.fail(error); // by what has been learnt it is too large
      return undefined;
    }
  }

  admit(_: Entry, permit: FlyingPermit | undefined): void {
    this.end();
    this.taker.admitted(permit!);
  }

  impossible(_: Entry, error: unknown): void {
    this.end();
    this.taker.failed(error);
  }

  private setCost(cost: Cost): void {
    this.cost = cost;
    try {
      if (this.chunk) this.pacer.recost(this.chunk, this.index, cost);
    } catch (error) {
      this.fail(error);
    }
  }

  private setPriority(priority: number): void {
    if (!isPriority(priority)) {
      this.fail(
        new RequestInvalidError(`priority: expected an integer from 1 to 10, got ${String(priority)}`, {
          field: 'priority',
        }),
      );
      return;
    }
    this.priority = priority;
    if (this.chunk) this.pacer.move(this.chunk, this.index, priority);
  }

  private listen<T>(source: Observable<T>, heard: (value: T) => void): void {
    this.listening ??= new Subscription();
    this.listening.add(
      source.subscribe({ next: value => this.over || heard(value), error: error => this.fail(error) }),
    );
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.unsubscribe();
    this.taker.failed(error);
  }

  private end(): void {
    this.stage = 'over';
    this.chunk = undefined;
    const { listening } = this;
    if (listening) apart(() => listening.unsubscribe());
  }
}

import { map, Observable, type Subscription } from 'rxjs';
import {
  type Cost,
  type LineLimits,
  type Priority,
  type QuotaReport,
  type Unit,
  type Window,
  type WindowChange,
  windowName,
} from '../limits/index.js';
import { Backfiller } from './backfill.js';
import type { CircuitEvent } from './breaker.js';
import type { Clock } from './clock.js';
import { Costs } from './costs.js';
import { Entry, type Seat, type Want } from './entry.js';
import { type Foresight, foresee } from './foresight.js';
import { outOfQuota, queueFull, tooLarge } from './impossible.js';
import type { Chunk, Owner, Place } from './lane.js';
import { Line } from './line.js';
import type { PacedOwner, PacerOptions } from './paced.js';
import { FlyingPermit } from './permit.js';
import type { Counts, Elsewhere, Quota } from './quota.js';
import { isReserved, withReserve } from './reserve.js';
import { Standstill } from './standstill.js';

type AnyOwner = PacedOwner<unknown>;

const never = Number.POSITIVE_INFINITY;
/** What `step` answers when something went: look again at once. */
const again = Number.NEGATIVE_INFINITY;
/** How many a quota that is kept elsewhere is asked for at once. */
const asked = 32;

/**
 * The engine: counts, line and one timer. All else (the operators, the client) are thin shells around it.
 *
 * The rule of the whole file: `look()` admits whatever may go now, then sets the timer for the one instant at which the
 * next may. Everything that changes something calls `look()`. Calls that come while it runs (whoever is admitted may do
 * anything) return at once, for the running loop looks again anyway: so admission is never nested, and the books are right
 * before each emission.
 */
export class Pacer {
  readonly counts: Counts;
  private readonly line: Line;
  private readonly backfiller: Backfiller | undefined;
  /** How many from the head on have their costs asked for, where they are not known. */
  private readonly depth: number;
  private readonly head: Place = { chunk: undefined as never, index: 0 };
  private readonly watchers: Set<() => void> = new Set();
  private timer: Subscription | undefined = undefined;
  private timerAt = never;
  private running = false;
  private readonly standstill: Standstill;
  private readonly costs: Costs;
  /** By window: until then it has no room for what it has refused. */
  private readonly toldUntil = new Map<string, number>();
  /** As of the last change; made when somebody asks. */
  private foreseen: Map<unknown, Foresight> | undefined = undefined;
  /** Permits that have not ended. */
  private inUse = 0;
  /** Level of a first in line that can't go now; a newcomer that is not more urgent changes nothing. 0 = nobody is blocked. */
  private blockedLevel = 0;
  /** Somebody in line wants to go, and that has been said elsewhere. */
  private asking = false;

  constructor(
    quota: Quota,
    key: string,
    private readonly clock: Clock,
    private options: PacerOptions,
  ) {
    this.counts = quota.open(key, options.units);
    this.line = new Line(options.aging);
    this.standstill = new Standstill(options);
    this.backfiller = options.backfill ? new Backfiller(options.backfill, this.counts, this.line) : undefined;
    this.depth = options.backfill ? options.backfill.depth : 100;
    this.costs = new Costs(this.counts, this.line, this.depth, options.reserve);
  }

  get queued(): number {
    return this.line.size;
  }

  /** Whether a window counts anything but requests. */
  get countsTokens(): boolean {
    return this.counts.windows.some(({ window }) => window.unit !== 'requests');
  }

  /** Follows `windows$` until unsubscribed; counts and line stay. */
  connect(windows$: Observable<readonly Window[]>, failed: (error: unknown) => void): Subscription {
    const { reserve } = this.options;
    const expanded$ = reserve ? windows$.pipe(map(windows => withReserve(windows, reserve))) : windows$;
    return this.counts.connect(expanded$, this.clock.now, {
      changed: unitsChanged => this.windowsChanged(unitsChanged),
      room: () => this.look(),
      error: failed,
    });
  }

  /** Closed, nobody goes, and the line stays as it is. */
  setGate(open: boolean): void {
    this.standstill.closed = !open;
    this.look();
  }

  setMaxConcurrent(maxConcurrent: number): void {
    this.options = { ...this.options, maxConcurrent };
    this.look();
  }

  /**
   * Stands in line for one permit: emits it, then completes. Unsubscribing before that steps out of the line.
   * @param seat asked for at the subscription: where it stood before
   */
  admit(want: Want, seat?: () => Seat): Observable<FlyingPermit> {
    return new Observable(subscriber => {
      const entry = new Entry(this, want, {
        admitted(permit) {
          subscriber.next(permit);
          subscriber.complete();
        },
        failed: error => subscriber.error(error),
      });
      entry.enter(seat?.());
      return entry;
    });
  }

  /** Units that a cost may have at the most: as many as every window of this unit can hold, or has free now. Closed windows (limit 0) don't bound it. */
  mostOf(unit: Unit, now = false): number {
    const { counts } = this;
    let most = never;
    for (const { window } of counts.windows)
      if (window.unit === unit && window.limit > 0) most = Math.min(most, window.limit);
    if (now) {
      counts.advance(this.clock.now());
      for (const { unit: own, limit, available } of counts.use())
        if (own === unit && limit > 0) most = Math.min(most, available);
    }
    return Math.floor(most);
  }

  /** Whether whoever arrives comes so near the head that its cost is asked for at once. */
  get isShort(): boolean {
    return this.counts.units.length > 0 && this.line.size < this.depth;
  }

  /** Whether a cost is more than some whole window holds. */
  exceeds(cost: Cost, priority: Priority): boolean {
    return this.counts.impossible(this.costs.amountsOf(cost, priority), 0) !== undefined;
  }

  /** An item arrives: it goes at once, waits, or fails. */
  arrive<Value>(owner: PacedOwner<Value>, value: Value, priority: Priority, cost: Cost | undefined): void {
    const { line, counts, options } = this;
    const amounts = this.costs.amountsOf(cost, priority);
    const key = owner.keyOf?.(value);
    if (
      line.size === 0 &&
      !this.running &&
      !this.standstill.closed &&
      cost !== undefined &&
      counts.units.length > 0 &&
      this.inUse < options.maxConcurrent
    ) {
      const now = this.clock.now();
      counts.advance(now);
      if (now >= this.standstill.notBefore && counts.fits(amounts, 0)) {
        this.running = true;
        try {
          if (key !== undefined) line.charge(priority, key, this.costs.shareOf(owner as AnyOwner, value, amounts, 0));
          this.grant(owner, value, priority, owner.needsPermit ? line.ticket() : 0, now, amounts, 0, now);
        } finally {
          this.running = false;
        }
        if (line.size > 0) this.look();
        else this.changed();
        return;
      }
    }
    const error = tooLarge(this.counts, amounts, 0);
    if (error) {
      owner.impossible(value, error);
    } else if (line.size >= options.maxQueue && !this.makePlace(priority)) {
      owner.impossible(value, queueFull(options.maxQueue));
    } else {
      if (cost === undefined) this.costs.await();
      const since = options.aging === 0 ? 0 : this.clock.now();
      line.push(value, owner as AnyOwner, priority, key, line.ticket(), since, amounts);
      // Behind a first that waits for time, with no gap to slip into and no turn to take: nothing has changed for anybody.
      const behind = !this.backfiller && key === undefined && this.costs.areKnown;
      if (behind && this.blockedLevel > 0 && priority >= this.blockedLevel) this.changed();
      else this.look();
    }
  }

  /** An item comes back to its own place in line. */
  putBack<Value>(owner: PacedOwner<Value>, value: Value, priority: Priority, arrival: number, since: number): void {
    const cost = owner.costOf(value);
    const amounts = this.costs.amountsOf(cost, priority);
    const error = tooLarge(this.counts, amounts, 0); // a limit may have been lowered while it was away
    if (error) {
      owner.impossible(value, error);
    } else {
      if (cost === undefined) this.costs.await();
      this.line.putBack(value, owner as AnyOwner, priority, owner.keyOf?.(value), arrival, since, amounts);
    }
    this.look();
  }

  /** An item steps out of the line. */
  leave(chunk: Chunk, index: number): void {
    this.remove(chunk, index);
    this.look();
  }

  /** All items of an owner step out of the line. */
  drop(owner: unknown): void {
    this.line.drop(owner);
    this.look();
  }

  /** A waiting item's priority changes; its order of arrival does not. */
  move<Value>(chunk: Chunk, index: number, priority: Priority): void {
    if (chunk.lane.priority === priority) return;
    const owner = chunk.owners[index] as PacedOwner<Value>;
    const value = chunk.values[index] as Value;
    const arrival = chunk.arrivals[index]!;
    const since = chunk.since[index] ?? 0;
    this.remove(chunk, index);
    this.putBack(owner, value, priority, arrival, since);
  }

  /** A waiting item's cost has become known, or better known. */
  recost(chunk: Chunk, index: number, cost: Cost): void {
    this.costs.write(chunk, index, cost);
    this.failIfTooLarge({ chunk, index });
    this.look();
  }

  /** What a permit took, by a report of it. @throws RequestInvalidError for a cost that is none */
  actualAmounts(permit: FlyingPermit, actual: Cost): number[] {
    const amounts: number[] = [];
    this.costs.fill(amounts, actual, permit.priority, permit.amounts);
    return amounts;
  }

  acknowledge(permit: FlyingPermit): void {
    const now = this.clock.now();
    this.counts.advance(now); // an overdue flight lands here, at its deadline
    if (permit.inTheAir) this.counts.land(permit, now);
    this.look();
  }

  /** @param atEnd see `FlyingPermit.settle` */
  correct(permit: FlyingPermit, amounts: ArrayLike<number>, atEnd = false): void {
    const now = this.clock.now();
    this.counts.advance(now);
    if (atEnd) this.counts.countAtEnd(permit, amounts, now);
    else this.counts.correct(permit, amounts, now);
    this.look();
  }

  /** A permit has ended. */
  ended(): void {
    this.inUse--;
    this.look();
  }

  /** What became of one who went, for the breaker. */
  hearOf({ era }: FlyingPermit, word: CircuitEvent): void {
    if (this.standstill.hear(word, era, this.clock.now())) this.look();
  }

  /** See `Counts.surplus`. */
  surplus(permit: FlyingPermit, report: QuotaReport): number {
    return this.counts.surplus(report, permit, this.admittedAt(permit), this.options.maxFlight);
  }

  /** What the server said of a window in answer to this permit's request. */
  hear(permit: FlyingPermit, report: QuotaReport): WindowChange | undefined {
    const now = this.clock.now();
    const change = this.counts.hear(report, this.admittedAt(permit), now);
    if (report.refused !== undefined) this.toldUntil.set(windowName(report), now + report.resetMs);
    if (change) this.look();
    return change;
  }

  /** The server refused this permit's request without a word of why; see `Counts.guess`. */
  guess(permit: FlyingPermit): WindowChange | undefined {
    const change = this.counts.guess?.(this.admittedAt(permit), this.clock.now());
    if (change) this.look();
    return change;
  }

  /** Nobody goes for the next `ms`; a longer wait that was told before stays. */
  hold(ms: number): void {
    this.standstill.hold(ms, this.clock.now());
    if (ms < never) this.counts.elsewhere?.hold(ms);
    this.look();
  }

  /**
   * The server refused: all is given back, and nobody goes for the next `ms`. Whoever was refused is about to come back in this turn:
   * nobody takes its place before, not even where `ms` is 0.
   */
  refuse(permit: FlyingPermit, ms: number): void {
    const { running } = this;
    this.running = true;
    try {
      this.hold(ms);
      permit.release();
    } finally {
      this.running = running;
    }
    this.setTimer(this.standstill.notBefore);
    this.changed();
  }

  /** Calls back after every change; returns how to stop that. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Where this value stands in line; undefined if it does not. */
  foresight(value: unknown): Foresight | undefined {
    this.foreseen ??= this.foresee(this.clock.now());
    return this.foreseen.get(value);
  }

  /**
   * The instant at which one that does not stand in line would go, if it came now; Infinity where that hangs on more than time.
   * @param evenFull leave `maxConcurrent` out of account
   */
  foreseeNewcomer(cost: Cost, priority: Priority, key: unknown, evenFull: boolean): number {
    const { line, options } = this;
    const now = this.clock.now();
    const place: Place = { ...this.head };
    // It stands in line for no time at all: nobody looks meanwhile, and all that holds for those in line holds for it.
    const visitor: Owner<unknown, undefined> = {
      admit() {},
      impossible() {},
      placed: (_, chunk, index) => Object.assign(place, { chunk, index }),
    };
    line.push(visitor, visitor, priority, key, line.ticket(), now, this.costs.amountsOf(cost, priority));
    const at = this.foresee(now, evenFull).get(visitor)!.at;
    line.remove(place.chunk, place.index);
    return at > now && line.size >= options.maxQueue ? never : at;
  }

  limits(): LineLimits {
    const now = this.clock.now();
    this.counts.advance(now);
    const windows = this.counts.use().filter(({ unit }) => !isReserved(unit));
    const requests = (per: number) => windows.find(window => window.unit === 'requests' && window.per === per);
    const minute = requests(60_000);
    const day = requests(86_400_000);
    const at = this.nextAdmission(now);
    return {
      minute_used: minute?.used ?? 0,
      minute_limit: minute?.limit ?? never,
      day_used: day?.used ?? 0,
      day_limit: day?.limit ?? never,
      windows,
      queued: this.line.size,
      inFlight: this.inUse,
      circuit: this.standstill.circuit,
      nextAdmissionMs: at === never ? null : Math.max(0, at - now),
    };
  }

  private admittedAt({ deadline }: FlyingPermit): number {
    return deadline - this.options.maxFlight;
  }

  /** Admits what may go now and sets the timer for what may go next. */
  private look(): void {
    if (this.running) return;
    // Most calls come when nobody waits: a request reports four or five times on its way.
    if (this.line.size === 0) this.blockedLevel = 0;
    let wake = this.line.size === 0 ? never : again;
    const { elsewhere } = this.counts;
    this.running = true;
    this.asking = false;
    try {
      while (wake === again) wake = this.step();
      if (elsewhere && !this.asking) elsewhere.withdraw();
    } finally {
      this.running = false;
    }
    this.setTimer(wake);
    this.changed();
  }

  /** Lets at most one item go. Answers `again` if one went, else the instant at which the next may. */
  private step(): number {
    const { line, counts, head, backfiller } = this;
    const now = this.clock.now();
    counts.advance(now);
    this.blockedLevel = 0;
    if (counts.units.length === 0 || this.standstill.closed) return never;
    if (!this.costs.areKnown && this.costs.askNear()) return again;
    if (!line.head(now, head)) return never;
    this.blockedLevel = line.level(head.chunk, head.index, now);
    if (now < this.standstill.notBefore) return this.standstill.notBefore;
    if (this.inUse >= this.options.maxConcurrent) return never;
    const { amounts } = head.chunk;
    const offset = head.index * counts.units.length;
    if (Number.isNaN(amounts[offset])) return line.overtaken(head, now, never); // its cost is being asked for
    if (this.renew(head)) return again;
    if (counts.fits(amounts, offset)) return this.go(head, now);
    const { elsewhere } = counts;
    if (elsewhere?.failure !== undefined) {
      this.fail(head.chunk, head.index, elsewhere.failure);
      return again;
    }
    const { at, certain, by } = counts.room(amounts, offset, now);
    if (at < never && at - now > this.patience(by, now)) {
      this.fail(head.chunk, head.index, outOfQuota(counts, amounts, offset, by, at - now));
      return again;
    }
    if (elsewhere) return line.overtaken(head, now, this.askElsewhere(elsewhere, now));
    // While an acknowledgement may still make the first's instant earlier, a gap can't be told from its room: hold for that ms.
    if (backfiller && certain && at < never) {
      const { needsPermit } = head.chunk.owners[head.index] as AnyOwner;
      const place = backfiller.find(head, at, by, now, needsPermit ? now + this.options.maxFlight : now);
      if (place && this.renew(place)) return again;
      return place ? this.go(place, now) : line.overtaken(head, now, backfiller.wake);
    }
    return line.overtaken(head, now, at);
  }

  /** Takes over what somebody who is about to go costs by now. Answers whether that has changed anything. */
  private renew({ chunk, index }: Place): boolean {
    const owner = chunk.owners[index] as AnyOwner;
    const cost = owner.renewed?.(chunk.values[index]);
    if (!cost) return chunk.owners[index] !== owner; // it may have failed by that
    const changed = this.costs.write(chunk, index, cost);
    if (changed) this.failIfTooLarge({ chunk, index });
    return changed;
  }

  /** Those behind the first are of its lane: who comes to the head in the end takes what has been granted. */
  private askElsewhere(elsewhere: Elsewhere, now: number): number {
    const { head, counts, options } = this;
    const columns = counts.units.length;
    const wanted: number[][] = [];
    head.chunk.lane.walk(Math.min(asked, options.maxConcurrent - this.inUse), ({ amounts }, index) => {
      const own = Array.from(amounts.subarray(index * columns, (index + 1) * columns));
      if (Number.isNaN(own[0])) return false;
      wanted.push(own);
      return true;
    });
    const { needsPermit } = head.chunk.owners[head.index] as AnyOwner;
    this.asking = true;
    return elsewhere.ask(this.blockedLevel, wanted, needsPermit ? options.maxFlight : 0, now);
  }

  private go({ chunk, index }: Place, now: number): typeof again {
    const owner = chunk.owners[index] as AnyOwner;
    const value = chunk.values[index];
    this.remove(chunk, index);
    const { priority, key } = chunk.lane;
    // The chunk's arrays keep the item's numbers until its slot is filled again, which nobody has had the chance to do.
    const offset = index * this.counts.units.length;
    if (key !== undefined) this.line.charge(priority, key, this.costs.shareOf(owner, value, chunk.amounts, offset));
    this.grant(owner, value, priority, chunk.arrivals[index]!, chunk.since[index] ?? 0, chunk.amounts, offset, now);
    return again;
  }

  /** Counts first, then lets go: whoever is told may call back in at once. */
  private grant<Value>(
    owner: PacedOwner<Value>,
    value: Value,
    priority: Priority,
    arrival: number,
    since: number,
    amounts: ArrayLike<number>,
    offset: number,
    now: number,
  ): void {
    const { counts } = this;
    if (!owner.needsPermit) {
      counts.count(amounts, offset, now);
      owner.admit(value, undefined);
      return;
    }
    const taken = counts.units.map((_, column) => amounts[offset + column]!);
    const deadline = Math.ceil(now + this.options.maxFlight);
    const permit = new FlyingPermit(this, owner, value, priority, { arrival, since }, taken, deadline);
    counts.take(permit);
    this.inUse++;
    this.standstill.goes(now);
    permit.era = this.standstill.era;
    owner.admit(value, permit as FlyingPermit);
  }

  private remove(chunk: Chunk, index: number): void {
    this.backfiller?.forget(chunk.arrivals[index]!);
    this.line.remove(chunk, index);
  }

  private windowsChanged(unitsChanged: boolean): void {
    const { line, costs } = this;
    if (unitsChanged) {
      costs.setColumns();
      for (const place of line.places()) this.costAnew(place);
    }
    for (const place of line.places()) this.failIfTooLarge(place);
    this.look();
  }

  private costAnew({ chunk, index }: Place): void {
    const owner = chunk.owners[index] as AnyOwner | undefined;
    if (!owner) return; // an earlier failure's subscriber has taken it out
    try {
      const cost = owner.costOf(chunk.values[index]);
      if (cost) this.costs.write(chunk, index, cost);
      else this.costs.await();
    } catch (error) {
      this.fail(chunk, index, error);
    }
  }

  private failIfTooLarge({ chunk, index }: Place): void {
    if (!chunk.owners[index]) return; // an earlier failure's subscriber has taken it out
    const error = tooLarge(this.counts, chunk.amounts, index * this.counts.units.length);
    if (error) this.fail(chunk, index, error);
  }

  /** Lets somebody else fail in favour of a newcomer; false if nobody is to. */
  private makePlace(priority: Priority): boolean {
    const { line, options } = this;
    const place =
      options.overflow === 'drop-oldest'
        ? line.oldest()
        : options.overflow === 'drop-lowest'
          ? line.lowest()
          : undefined;
    if (!place || (options.overflow === 'drop-lowest' && place.chunk.lane.priority <= priority)) return false;
    this.fail(place.chunk, place.index, queueFull(options.maxQueue));
    return line.size < options.maxQueue; // whoever failed may have put another in its place
  }

  private fail(chunk: Chunk, index: number, error: unknown): void {
    const owner = chunk.owners[index] as AnyOwner;
    const value = chunk.values[index];
    this.remove(chunk, index);
    owner.impossible(value, error);
  }

  private foresee(now: number, evenFull = false): Map<unknown, Foresight> {
    const { counts, line, backfiller, options } = this;
    const full = !evenFull && this.inUse >= options.maxConcurrent;
    const from = this.standstill.closed || full ? never : Math.max(now, this.standstill.notBefore);
    const gaps = counts.elsewhere ? undefined : backfiller;
    const obstacle = this.standstill.obstacle(now, full);
    return foresee(line, counts, now, from, obstacle, this.costs, gaps, options.maxFlight);
  }

  private nextAdmission(now: number): number {
    return this.standstill.closed || this.inUse >= this.options.maxConcurrent ? never : this.roomForFirst(now);
  }

  /** ms that the first in line may wait for room in a window. */
  private patience(by: number, now: number): number {
    const { maxWait, maxToldWait = never } = this.options;
    const window = this.counts.windows[by]?.window;
    return maxWait ?? (window && now < (this.toldUntil.get(windowName(window)) ?? now) ? maxToldWait : never);
  }

  /** When the windows, the server and the circuit let the first in line go; Infinity where nobody waits. */
  roomForFirst(now: number): number {
    const { line, counts, head } = this;
    counts.advance(now);
    if (counts.units.length === 0 || !line.head(now, head)) return never;
    return Math.max(
      this.standstill.notBefore,
      counts.room(head.chunk.amounts, head.index * counts.units.length, now).at,
    );
  }

  private setTimer(at: number): void {
    if (at === this.timerAt) return;
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.timerAt = at;
    if (at === never) return;
    this.timer = this.clock.schedule(
      () => {
        this.timerAt = never;
        this.look();
      },
      Math.max(0, at - this.clock.now()),
    );
  }

  private changed(): void {
    this.foreseen = undefined;
    if (this.watchers.size > 0) for (const watcher of this.watchers) watcher();
  }
}

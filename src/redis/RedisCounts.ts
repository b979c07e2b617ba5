import { BehaviorSubject, combineLatest, map, type Observable, Subscription, tap } from 'rxjs';
import type { QuotaReport, Unit, Window, WindowChange, WindowUse } from '../limits/index.js';
import {
  type Counts,
  type CountsListener,
  type Elsewhere,
  type Flight,
  type Forecast,
  memoryQuota,
  type Room,
} from '../pacing/index.js';
import { Ledger, type Row } from './Ledger.js';
import { type Message, type Reply, readReply } from './messages.js';
import type { RedisLine } from './RedisLine.js';

const never = Number.POSITIVE_INFINITY;
const epsilon = 1e-9;

/** What may go: it counts in Redis from the moment on at which it was granted. */
interface Grant {
  readonly amounts: readonly number[];
  readonly row: Row;
}

/** Who stands first here, as Redis knows it. */
interface Standing {
  readonly level: number;
  readonly amounts: readonly number[];
  /** Instant at which to ask again. */
  until: number;
  /** It is the first of all, and goes then. */
  readonly first: boolean;
  readonly by: number;
}

export interface RedisCountsOptions {
  readonly leaseMs: number;
  readonly onUnavailable: 'wait' | 'local';
}

/**
 * One process's part of a quota in Redis. One step is under way at a time: it asks for the first of the line and reports what has become of
 * others; what comes meanwhile goes with the next. So a busy process packs many requests into a step, and an idle one says nothing.
 *
 * Beside it stands a mirror, the memory quota with what this process alone has counted. It knows the windows, says the same again where
 * Redis has lost its data, and takes over, with a share of the limits, where `onUnavailable` is `local`.
 */
export class RedisCounts implements Counts, Elsewhere {
  private readonly mirror: Counts;
  private readonly ledger = new Ledger();
  /** As the config has them. */
  private configured: readonly Window[] = [];
  /** Limits in force, by name, and the part of them that is ours: lower than the config's where another process has less. */
  private readonly lowest$ = new BehaviorSubject<{
    readonly limits: ReadonlyMap<string, number>;
    readonly part: number;
  }>({ limits: new Map(), part: 1 });
  private listener: CountsListener | undefined;
  private clock: () => number = () => 0;
  private windowsInRedis: readonly string[] = [];
  private used: readonly number[] = [];
  private epoch = '';
  private rev = -1;
  private seq = 0;
  private processes = 1;
  /** What it said last of its windows; undefined: must be said (again). */
  private declared: string | undefined;
  /** Its own counts are to be said too. */
  private lostData = false;
  private grants: Grant[] = [];
  private standing: Standing | undefined;
  private want: Pick<Message, 'level' | 'want' | 'flight'> | undefined;
  private wants = false;
  private leaving = false;
  /** When it last heard from Redis. */
  private heard = 0;
  /** The last wake, should it overtake the answer of a step before it. */
  private woken = { now: -1, until: 0 };
  /** The step under way, kept until it is answered. */
  private step: { readonly message: Message; readonly sent: number; tried: number } | undefined;
  private readonly roomFound: Room = { at: never, certain: true, by: -1 };

  constructor(
    private readonly line: RedisLine,
    private readonly options: RedisCountsOptions,
    units: readonly Unit[],
  ) {
    this.mirror = memoryQuota().open('mirror', units);
  }

  get elsewhere(): Elsewhere {
    return this;
  }

  get failure(): unknown {
    return this.local ? undefined : this.line.failure;
  }

  get units(): readonly Unit[] {
    return this.mirror.units;
  }

  get windows(): Counts['windows'] {
    return this.mirror.windows;
  }

  connect(windows$: Observable<readonly Window[]>, clock: () => number, listener: CountsListener): Subscription {
    this.clock = clock;
    this.listener = listener;
    const inForce$ = combineLatest([windows$.pipe(tap(windows => (this.configured = windows))), this.lowest$]).pipe(
      map(([windows, { limits, part }]) =>
        windows.map(window => ({
          ...window,
          limit: part * Math.min(window.limit, limits.get(nameOf(window)) ?? never),
        })),
      ),
    );
    const connection = new Subscription();
    connection.add(
      this.line.open({
        ready: () => this.linkReady(),
        lost: () => this.linkLost(),
        woken: message => this.wake(message),
        answered: text => this.answered(readReply(text)),
      }),
    );
    connection.add(
      this.mirror.connect(inForce$, clock, {
        changed: unitsChanged => {
          listener.changed(unitsChanged);
          this.send();
        },
        room: () => listener.room(),
        error: error => listener.error(error),
      }),
    );
    return connection;
  }

  advance(now: number): void {
    this.mirror.advance(now);
  }

  fits(amounts: ArrayLike<number>, offset: number): boolean {
    return this.local ? this.mirror.fits(amounts, offset) : this.grantFor(amounts, offset) >= 0;
  }

  count(amounts: ArrayLike<number>, offset: number, now: number): void {
    this.mirror.count(amounts, offset, now);
    const own = Array.from(this.units, (_, column) => amounts[offset + column]!);
    this.ledger.land(this.rowFor(own, now), own, now);
    // Told when all of this turn are out: what is counted before it is sent would leave its window too early.
  }

  take(flight: Flight): void {
    this.mirror.take(flight);
    this.ledger.place(flight, this.rowFor(flight.amounts, flight.deadline));
  }

  land(flight: Flight, now: number): void {
    this.mirror.land(flight, now);
    const row = this.ledger.rowOf(flight);
    if (row) this.ledger.land(row, flight.amounts, now);
    this.send();
  }

  correct(flight: Flight, amounts: ArrayLike<number>, now: number): void {
    const row = this.ledger.rowOf(flight);
    if (row)
      this.ledger.correct(
        row,
        Array.from(this.units, (_, column) => amounts[column]! - (flight.amounts[column] ?? 0)),
      );
    this.mirror.correct(flight, amounts, now);
    this.send();
  }

  countAtEnd(flight: Flight, amounts: ArrayLike<number>, now: number): void {
    const row = this.ledger.rowOf(flight);
    if (row) {
      this.ledger.land(row, flight.amounts, now);
      this.ledger.correct(
        row,
        flight.amounts.map((amount, column) => (column === 0 ? 0 : -amount)),
      );
    }
    this.mirror.countAtEnd(flight, amounts, now);
    const late = Array.from(this.units, (_, column) => (column === 0 ? 0 : amounts[column]!));
    this.ledger.add({ at: now, epoch: undefined, landing: true }, late);
    this.send();
  }

  room(amounts: ArrayLike<number>, offset: number, now: number): Room {
    if (this.local) return this.mirror.room(amounts, offset, now);
    const { standing, roomFound } = this;
    roomFound.at = standing?.first ? Math.max(now, standing.until) : never;
    roomFound.by = this.windows.findIndex(
      ({ window }) => nameOf(window) === this.windowsInRedis[(standing?.by ?? 0) - 1],
    );
    if (roomFound.by < 0) roomFound.at = roomFound.at === never ? never : now;
    return roomFound;
  }

  spareAt(instant: number, amounts: ArrayLike<number>, offset: number, landing: number): readonly number[] {
    return this.mirror.spareAt(instant, amounts, offset, landing);
  }

  impossible(amounts: ArrayLike<number>, offset: number): Window | undefined {
    const { part } = this.lowest$.value; // a part of a limit for the time being makes nothing impossible
    for (const { window, column } of this.windows) {
      if (window.limit > 0 && amounts[offset + column]! > window.limit / part + epsilon) return window;
    }
    return undefined;
  }

  /** The mirror learns windows; what others use of them Redis finds out, which knows what all of us do. */
  hear(report: QuotaReport, since: number, now: number): WindowChange | undefined {
    const { used, refused, unit, per } = report;
    const ours = this.mirror.use();
    const others = this.use().map((window, index) => Math.max(0, window.used - ours[index]!.used));
    const index = this.windows.findIndex(({ window }) => window.unit === unit && window.per === per);
    const known = used === undefined ? undefined : Math.max(0, used - (others[index] ?? 0));
    const change = this.mirror.hear({ ...report, used: known }, since, now);
    const window = change?.window ?? this.windows[index]?.window;
    if (used !== undefined && window) {
      this.ledger.hear([`${window.unit}|${window.per}`, used, report.resetMs, refused === undefined ? 1 : 0], since);
      this.send();
    }
    return change;
  }

  surplus(report: QuotaReport, flight: Flight, since: number, maxFlight: number): number {
    return this.processes > 1 ? 0 : this.mirror.surplus(report, flight, since, maxFlight); // what others have landed is not known here
  }

  forecast(): Forecast {
    return this.mirror.forecast();
  }

  use(): readonly WindowUse[] {
    return this.mirror.use().map(window => {
      const place = this.windowsInRedis.indexOf(nameOf(window));
      const used = Math.max(window.used, Math.ceil((this.used[place] ?? 0) - epsilon));
      return { ...window, used, available: Math.max(0, window.limit - used) };
    });
  }

  ask(level: number, wanted: readonly (readonly number[])[], maxFlight: number, now: number): number {
    this.wants = true;
    if (this.local) return this.mirror.room(wanted[0]!, 0, now).at;
    this.giveBack();
    this.leaving = false;
    if (this.step) return this.stepAgain(now); // its answer asks again
    const { standing } = this;
    const until = Math.min(standing?.until ?? 0, this.heard + this.options.leaseMs / 2); // the lease must not run out
    if (standing && standing.level === level && same(standing.amounts, wanted[0]!) && now < until) return until;
    this.want = { level, want: wanted, flight: maxFlight };
    this.send();
    return this.step ? this.stepAgain(now) : never;
  }

  withdraw(): void {
    if (!this.wants) return;
    this.wants = false;
    this.want = undefined;
    this.giveBack();
    this.leaveIfStanding();
    this.send();
  }

  hold(ms: number): void {
    this.ledger.hold(this.clock() + ms);
    this.send();
  }

  private get local(): boolean {
    return this.options.onUnavailable === 'local' && this.line.isDown;
  }

  private grantFor(amounts: ArrayLike<number>, offset: number): number {
    const columns = this.units.length;
    return this.grants.findIndex(grant => {
      for (let column = 0; column < columns; column++)
        if (!(amounts[offset + column]! <= (grant.amounts[column] ?? 0) + epsilon)) return false;
      return true;
    });
  }

  /** Where these amounts stand: uses one grant, if there is one. @param deadline where it is counted here alone */
  private rowFor(amounts: readonly number[], deadline: number): Row {
    const index = this.grantFor(amounts, 0);
    if (index < 0) {
      const row: Row = { at: Math.ceil(deadline), epoch: undefined, landing: false };
      this.ledger.add(row, amounts);
      return row;
    }
    const [grant] = this.grants.splice(index, 1);
    this.ledger.correct(
      grant!.row,
      amounts.map((amount, column) => amount - grant!.amounts[column]!),
    );
    return grant!.row;
  }

  private giveBack(): void {
    for (const { row, amounts } of this.grants)
      this.ledger.correct(
        row,
        amounts.map(amount => -amount),
      );
    this.grants = [];
  }

  private leaveIfStanding(): void {
    if (this.standing) this.leaving = true;
    this.standing = undefined;
  }

  private send(): void {
    const { ledger, want } = this;
    if (this.step || !this.line.ready || this.units.length === 0) return;
    const windows = this.ownLimits();
    const declaration = JSON.stringify(windows);
    const declaring = declaration !== this.declared;
    if (!want && !this.leaving && ledger.isEmpty && !declaring) return;
    const sent = this.clock();
    const counted = this.lostData ? this.counted(sent) : undefined;
    if (counted) ledger.forget();
    const message: Message = {
      id: this.line.id,
      seq: ++this.seq,
      epoch: this.epoch,
      fresh: `${this.line.id}:${this.seq}`,
      rev: this.rev,
      lease: this.options.leaseMs,
      flight: 0,
      units: this.units,
      ops: ledger.take(this.epoch, sent),
      ...(declaring && { windows }),
      ...(counted && { counted }),
      ...want,
      ...(this.leaving && !want && { leave: true }),
    };
    this.declared = declaration;
    this.lostData = false;
    this.want = undefined;
    this.leaving = false;
    this.step = { message, sent, tried: sent };
    this.line.run(JSON.stringify(message));
  }

  /** An answer may never come, where a connection goes at the wrong moment: the same step is taken once more, which counts once. */
  private stepAgain(now: number): number {
    const step = this.step!;
    if (now >= step.tried + this.options.leaseMs) {
      step.tried = now;
      this.line.run(JSON.stringify(step.message));
    }
    return step.tried + this.options.leaseMs;
  }

  private answered(reply: Reply): void {
    const { step } = this;
    if (!step || (!reply.register && reply.seq !== step.message.seq)) return;
    this.step = undefined;
    if (reply.register) {
      this.unknownThere(reply.epoch);
      return;
    }
    const now = this.clock();
    this.heard = step.sent;
    this.ledger.confirm(reply.epoch, reply.now, step.sent);
    this.epoch = reply.epoch;
    this.used = reply.used;
    this.processes = reply.processes;
    if (reply.windows) {
      this.rev = reply.rev;
      this.windowsInRedis = reply.windows.map(([name]) => name);
      this.follow(new Map(reply.windows.filter(([, limit]) => limit >= 0)));
    }
    const { want = [], level = 0 } = step.message;
    // Counted at the latest `leaseMs` after it was asked for: whoever slept longer must not send it.
    const alive = now - step.sent <= this.options.leaseMs;
    for (const amounts of want.slice(0, reply.n))
      this.grants.push({ amounts, row: { at: reply.deadline, epoch: reply.epoch, landing: false } });
    if (!alive) this.giveBack();
    const first = want.length > 0 ? want[reply.n] : this.standing?.amounts;
    this.standing = first && this.standingOf(first, want.length > 0 ? level : this.standing!.level, reply, now);
    if (this.wants) this.listener?.room();
    this.giveBack();
    if (!this.wants) this.leaveIfStanding();
    this.send();
  }

  private standingOf(amounts: readonly number[], level: number, reply: Reply, now: number): Standing {
    const answered = reply.at < 0 ? never : Math.ceil(now + reply.at);
    const until = this.woken.now > reply.now ? Math.min(answered, this.woken.until) : answered;
    return { level, amounts, until, first: !reply.waits, by: reply.by };
  }

  /** Redis has lost its data, or forgotten us: it is told what we know. */
  private unknownThere(epoch: string): void {
    this.ledger.forget();
    this.lostData = epoch !== this.epoch;
    this.epoch = epoch;
    this.declared = undefined;
    this.rev = -1;
    this.standing = undefined;
    this.send();
    if (this.wants) this.listener?.room();
  }

  private counted(now: number): Message['counted'] {
    return this.mirror.lasting!.snapshot(now).map(({ unit, per, counted }) => [`${unit}|${per}`, counted] as const);
  }

  private wake(message: string): void {
    const [at, ms] = message.split(' ').map(Number) as [number, number];
    const until = Math.ceil(this.clock() + ms);
    this.woken = { now: at, until };
    if (!this.standing) return;
    this.standing = { ...this.standing, until };
    if (this.wants) this.listener?.room();
  }

  private linkReady(): void {
    if (this.step) {
      this.line.run(JSON.stringify(this.step.message));
    } else {
      this.declared = undefined; // so that a loss of data is noticed, whether or not anybody waits
    }
    this.share(1);
    this.send();
    if (this.wants) this.listener?.room();
  }

  private linkLost(): void {
    if (this.local && this.epoch !== '') this.share(1 / this.processes);
    this.standing = undefined;
    if (this.wants || this.failure !== undefined) this.listener?.room();
  }

  private share(part: number): void {
    if (part !== this.lowest$.value.part) this.lowest$.next({ ...this.lowest$.value, part });
  }

  private follow(limits: ReadonlyMap<string, number>): void {
    const lower = this.configured.filter(window => (limits.get(nameOf(window)) ?? never) < window.limit);
    for (const window of lower) this.line.limitsDiffer(window, limits.get(nameOf(window))!);
    const before = this.lowest$.value.limits;
    if (lower.length > 0 || this.configured.some(window => before.get(nameOf(window))! < window.limit))
      this.lowest$.next({ ...this.lowest$.value, limits });
  }

  /** As the config has it, or the server told it; not as another process has lowered it. */
  private ownLimits(): [string, number][] {
    return this.mirror.use().map(window => {
      const own = this.configured.find(({ unit, per }) => unit === window.unit && per === window.per);
      const limit = own && !window.learned ? own.limit : window.limit / this.lowest$.value.part;
      return [nameOf(window), limit];
    });
  }
}

function nameOf({ unit, per, kind }: Pick<Window, 'unit' | 'per' | 'kind'>): string {
  return `${unit}|${per}|${kind}`;
}

function same(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((amount, column) => amount === other[column]);
}

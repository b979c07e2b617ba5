import type { Subscription } from 'rxjs';
import type { Window } from '../limits/index.js';
import type { Grants } from './Grants.js';
import type { Ledger } from './Ledger.js';
import { nameOf } from './LimitsInForce.js';
import { type Message, type Reply, readReply } from './messages.js';
import type { RedisLine } from './RedisLine.js';
import type { Speaker } from './Speaker.js';

const never = Number.POSITIVE_INFINITY;
/** ms after which all have found a Redis that is back: they try twice a second. */
const allBack = 1000;

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

/**
 * A process's talk with Redis. One step is under way at a time: it asks for the first of the line and reports what has become of
 * others; what comes meanwhile goes with the next. So a busy process packs many requests into a step, and an idle one says nothing.
 */
export class Dialogue {
  standing: Standing | undefined = undefined;
  /** Windows in Redis by name, in the order of `used`. */
  windows: readonly string[] = [];
  private used: readonly number[] = [];
  processes = 1;
  wants = false;
  /** There may be no later. */
  closing = false;
  /** Of the state in Redis; '' = none is known. */
  epoch = '';
  private rev = -1;
  private seq = 0;
  /** What it said last of its windows; undefined: must be said (again). */
  private declared: string | undefined = undefined;
  /** They may be others than it said. */
  private doubted = false;
  /** Instant from which on Redis has lost what it was told; undefined: nothing. */
  private lostFrom: number | undefined = undefined;
  private want: Pick<Message, 'level' | 'want' | 'flight'> | undefined = undefined;
  private leaving = false;
  /** When what it last heard from Redis was asked. */
  heard = 0;
  /** Of the state, as of then. */
  private known = 0;
  /** The last wake, should it overtake the answer of a step before it. */
  private woken = { now: -1, until: 0 };
  /** The last that was said of somebody's first step, should it do the same. */
  private joined = { now: -1, processes: 1 };
  /** Somebody waits, here or elsewhere; and a bucket does not refill until it hears what has landed. */
  private line = { waits: false, idle: false };
  /** Until what nobody waits for is said all the same. */
  private later: Subscription | undefined = undefined;
  /** The step under way, kept until it is answered. */
  private step: { readonly message: Message; readonly sent: number; tried: number; void?: true } | undefined =
    undefined;

  constructor(
    private readonly redis: RedisLine,
    private readonly leaseMs: number,
    private readonly ledger: Ledger,
    private readonly grants: Grants,
    private readonly speaker: Speaker,
  ) {}

  /** Units that all have taken of a window, as it was heard last. */
  usedOf(window: Pick<Window, 'unit' | 'per' | 'kind'>): number | undefined {
    return this.used[this.windows.indexOf(nameOf(window))];
  }

  ask(level: number, wanted: readonly (readonly number[])[], maxFlight: number, now: number): number {
    this.grants.giveBack();
    this.leaving = false;
    if (this.step) return this.stepAgain(now); // its answer asks again
    const { standing } = this;
    const until = Math.min(standing?.until ?? 0, this.heard + this.leaseMs / 2); // the lease must not run out
    if (standing && standing.level === level && same(standing.amounts, wanted[0]!) && now < until) return until;
    this.want = { level, want: wanted, flight: maxFlight };
    this.send();
    return this.step ? this.stepAgain(now) : never;
  }

  withdraw(): void {
    if (!this.wants) return;
    this.wants = false;
    this.want = undefined;
    this.grants.giveBack();
    this.leaveIfStanding();
    this.send();
  }

  /**
   * Says what there is to say, unless a step is under way: then its answer does. What nobody waits for goes with the next step, and by
   * itself only after a while: so a request takes one step where others follow, and two at most where none does.
   */
  send(all: boolean = this.closing): void {
    const { ledger, want, speaker } = this;
    if (this.step || !this.redis.ready || speaker.units.length === 0) return;
    const windows = this.undeclared();
    const apart = speaker.apart?.isTold ? undefined : speaker.apart;
    if (!want && !this.leaving && !windows && !apart) {
      if (ledger.isEmpty) return;
      if (!all && !ledger.isPressing(this.line.waits || this.standing !== undefined, this.line.idle)) {
        this.later ??= this.redis.later(() => {
          this.later = undefined;
          this.send(true);
        }, this.patience);
        return;
      }
    }
    this.later?.unsubscribe();
    this.later = undefined;
    const sent = speaker.clock();
    const counted = this.lostFrom === undefined ? undefined : speaker.counted(sent, this.lostFrom);
    if (counted) ledger.forget();
    // Others come back a little later, and have something to tell, too.
    if (counted || (apart && this.processes > 1)) this.waitForOthers(sent);
    const message: Message = {
      id: this.redis.id,
      seq: ++this.seq,
      epoch: this.epoch,
      known: this.known,
      rev: this.rev,
      lease: this.leaseMs,
      flight: 0,
      patience: this.patience,
      units: speaker.units,
      ops: [...ledger.take(this.epoch, sent), ...(apart?.tell(sent).map(told => ['charge', ...told]) ?? [])],
      ...(windows && { windows }),
      ...(counted && { counted }),
      ...want,
      ...(this.leaving && !want && { leave: true }),
    };
    if (windows) this.declared = JSON.stringify(windows);
    this.lostFrom = undefined;
    this.want = undefined;
    this.leaving = false;
    this.step = { message, sent, tried: sent };
    this.redis.run(JSON.stringify(message));
  }

  /** Its windows may have changed. */
  doubt(): void {
    this.doubted = true;
  }

  answered(text: string): void {
    const reply = readReply(text);
    const { step } = this;
    if (!step || (!reply.register && reply.seq !== step.message.seq)) return;
    this.step = undefined;
    if (reply.register) {
      this.unknownThere(reply, step.sent);
      return;
    }
    const now = this.speaker.clock();
    this.heard = step.sent;
    this.known = reply.now;
    this.ledger.confirm(reply.epoch, reply.now);
    this.epoch = reply.epoch;
    this.used = reply.used;
    this.processes = this.joined.now > reply.now ? this.joined.processes : reply.processes;
    this.line = { waits: reply.line === true, idle: reply.idle === true };
    if (reply.windows) {
      this.rev = reply.rev;
      this.windows = reply.windows.map(([name]) => name);
      const inForce = reply.windows.filter(([, lowest]) => lowest >= 0);
      this.speaker.follow(new Map(inForce.map(([name, lowest, highest]) => [name, { lowest, highest }])));
    }
    const { want = [], level = 0 } = step.message;
    // Counted at the latest `leaseMs` after it was asked for: whoever slept longer must not send it.
    const alive = now - step.sent <= this.leaseMs && !step.void;
    for (const amounts of want.slice(0, reply.n))
      this.grants.add(amounts, { at: reply.deadline, epoch: reply.epoch, landing: false });
    if (!alive) this.grants.giveBack();
    const first = want.length > 0 ? want[reply.n] : this.standing?.amounts;
    this.standing = first && this.standingOf(first, want.length > 0 ? level : this.standing!.level, reply, now);
    if (this.wants) this.speaker.room();
    this.grants.giveBack();
    if (!this.wants) this.leaveIfStanding();
    this.speaker.heard();
    this.send();
  }

  /** Somebody else's step has made us the first of all, or is his first. */
  wake(message: string): void {
    const [joinedAt, processes] = message.split(' processes ').map(Number) as [number, number?];
    if (processes !== undefined) {
      this.joined = { now: joinedAt, processes };
      this.processes = processes;
      return;
    }
    const [at, ms] = message.split(' ').map(Number) as [number, number];
    const until = Math.ceil(this.speaker.clock() + ms);
    this.woken = { now: at, until };
    if (!this.standing) return;
    this.standing = { ...this.standing, until };
    if (this.wants) this.speaker.room();
  }

  /** From now on others may go without Redis, and so may we: what has been asked for may no longer go. */
  part(): void {
    if (this.step) this.step.void = true;
  }

  /** Nobody goes until the others have said what went without Redis. */
  waitForOthers(now: number): void {
    this.ledger.hold(now + Math.max(this.leaseMs, allBack));
  }

  /** The connection is there again: so is what was under way, and a loss of data is noticed, whether or not anybody waits. */
  resume(): void {
    if (this.step) this.redis.run(JSON.stringify(this.step.message));
    else this.declared = undefined;
  }

  /** Its windows, if they are to be said. A busy process has no time to look each time whether they are. */
  private undeclared(): Message['windows'] {
    if (this.declared !== undefined && !this.doubted) return undefined;
    this.doubted = false;
    const windows = this.speaker.limits();
    return JSON.stringify(windows) === this.declared ? undefined : windows;
  }

  /** ms for which what has landed is kept to itself: less than a grant's deadline, and little for each window. */
  private get patience(): number {
    return Math.min(1000, this.leaseMs / 2, this.speaker.shortest() / 4);
  }

  /** An answer may never come, where a connection goes at the wrong moment: the same step is taken once more, which counts once. */
  private stepAgain(now: number): number {
    const step = this.step!;
    if (now >= step.tried + this.leaseMs) {
      step.tried = now;
      this.redis.run(JSON.stringify(step.message));
    }
    return step.tried + this.leaseMs;
  }

  private leaveIfStanding(): void {
    if (this.standing) this.leaving = true;
    this.standing = undefined;
  }

  private standingOf(amounts: readonly number[], level: number, reply: Reply, now: number): Standing {
    const answered = reply.at < 0 ? never : Math.ceil(now + reply.at);
    const until = this.woken.now > reply.now ? Math.min(answered, this.woken.until) : answered;
    return { level, amounts, until, first: !reply.waits, by: reply.by };
  }

  /** Redis has lost what it knew, all of it or the last, or has forgotten us: it is told what we know. */
  private unknownThere({ epoch, since = never }: Reply, sent: number): void {
    this.speaker.apart?.untell();
    if (epoch === this.epoch) this.ledger.again();
    else {
      this.ledger.forget();
      this.lostFrom = Math.min(this.heard, sent - since);
      this.known = 0;
      this.joined = { now: -1, processes: 1 };
    }
    this.epoch = epoch;
    this.declared = undefined;
    this.rev = -1;
    this.standing = undefined;
    this.send();
    if (this.wants) this.speaker.room();
  }
}

function same(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((amount, column) => amount === other[column]);
}

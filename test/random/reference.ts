import type { Plan, PlanRequest, PlanWindow } from './plan.js';
import type { Happening } from './play.js';

/** Something that was sent: what it takes, when, and when it was acknowledged. */
interface Sent {
  readonly at: number;
  tokens: number;
  acknowledged: number;
}

/**
 * The contract by brute force: nothing is kept but what has happened, and each question looks through all of it, ms by ms. Shares
 * nothing with `src`, and knows no trick.
 */
export class Reference {
  readonly line: PlanRequest[] = [];
  private readonly arrivals: PlanRequest[] = [];
  private readonly inFlight = new Set<PlanRequest>();
  private readonly sent: Sent[] = [];
  private readonly sentOf = new Map<PlanRequest, Sent>();
  /** Usage above the estimate: a bucket is charged it when it becomes known. */
  private readonly charges: { readonly tokens: number; readonly at: number; readonly of: Sent }[] = [];
  private readonly limits: { readonly at: number; readonly limits: readonly number[] }[];
  private heldUntil = 0;

  constructor(private readonly plan: Plan) {
    this.limits = [{ at: Number.NEGATIVE_INFINITY, limits: plan.windows.map(({ limit }) => limit) }];
  }

  /** Who is next: by level, then by arrival. */
  head(now: number): PlanRequest | undefined {
    const [first] = [...this.line].sort(
      (a, b) => this.level(a, now) - this.level(b, now) || this.arrivals.indexOf(a) - this.arrivals.indexOf(b),
    );
    return first;
  }

  level({ priority, at }: PlanRequest, now: number): number {
    const { aging } = this.plan;
    return aging === 0 ? priority : Math.max(1, priority - Math.floor((now - at) / aging));
  }

  mayGo(request: PlanRequest, now: number): boolean {
    return now >= this.heldUntil && this.inFlight.size < this.plan.maxConcurrent && this.fits(request, now);
  }

  /** Whether it fits in every window at `then`, if nothing else happens until then. */
  fits({ tokens }: PlanRequest, then: number): boolean {
    const cost = { tokens, requests: 1 };
    return this.plan.windows.every((window, place) => {
      const used = window.kind === 'sliding' ? this.usedSliding(window, then) : this.usedBucket(window, place, then);
      return used + cost[window.unit] <= this.limitAt(place, then) + 1e-9;
    });
  }

  impossible({ tokens }: PlanRequest, now: number): boolean {
    const cost = { tokens, requests: 1 };
    return this.plan.windows.some(({ unit }, place) => {
      const limit = this.limitAt(place, now);
      return limit > 0 && cost[unit] > limit;
    });
  }

  /** First instant at which it fits if nothing else is sent; Infinity if there is none in sight. */
  earliest(request: PlanRequest, now: number): number {
    for (let then = now; then < now + 500; then++) if (this.fits(request, then)) return then;
    return Number.POSITIVE_INFINITY;
  }

  /** The same, were `other` sent now. */
  earliestBehind(other: PlanRequest, request: PlanRequest, now: number): number {
    this.sent.push(this.newlySent(other, now));
    const earliest = this.earliest(request, now);
    this.sent.pop();
    return earliest;
  }

  happens(happening: Happening): void {
    const { at } = happening;
    if (happening.type === 'limits') {
      this.limits.push(happening);
      return;
    }
    const { type, request } = happening;
    const sent = this.sentOf.get(request)!;
    if (this.line.includes(request)) this.line.splice(this.line.indexOf(request), 1);
    if (type === 'arrived') this.arrivals.push(request);
    if (type === 'arrived' || type === 'refused') this.line.push(request);
    if (type === 'refused' || type === 'released' || type === 'ended') this.inFlight.delete(request);
    if (type === 'sent') {
      this.sentOf.set(request, this.newlySent(request, at));
      this.sent.push(this.sentOf.get(request)!);
      if (this.plan.permits) this.inFlight.add(request);
    }
    if (type === 'acknowledged') sent.acknowledged = at;
    if (type === 'settled' && request.actual! <= sent.tokens) sent.tokens = request.actual!;
    else if (type === 'settled') this.charges.push({ tokens: request.actual! - sent.tokens, at, of: sent });
    // The server counts nothing for what it refuses, nor for what it never saw.
    if (type === 'refused' || type === 'released') this.sent.splice(this.sent.indexOf(sent), 1);
    if (type === 'refused') {
      this.heldUntil = Math.max(this.heldUntil, at + happening.retryAfterMs);
    }
  }

  /** A request is counted from its sending until `per` after the latest instant at which the server may have counted it. */
  private usedSliding({ unit, per }: PlanWindow, then: number): number {
    const amount = (sent: Sent): number =>
      unit === 'requests'
        ? 1
        : this.charges.reduce((sum, { tokens, of }) => sum + (of === sent ? tokens : 0), sent.tokens);
    return this.sent.reduce((sum, sent) => sum + (this.landing(sent) + per > then ? amount(sent) : 0), 0);
  }

  /** What is missing in the bucket, refilled ms by ms as if what is in flight had not been taken yet; and that, too. */
  private usedBucket({ unit, per }: PlanWindow, place: number, then: number): number {
    let missing = 0; // in 1/per units, to stay in whole numbers
    const units = (of: { readonly tokens: number }): number => (unit === 'requests' ? 1 : of.tokens);
    for (let ms = 0; ms <= then; ms++) {
      if (ms > 0) missing = Math.max(0, missing - this.limitAt(place, ms - 1));
      for (const sent of this.sent) if (this.landing(sent) === ms) missing += units(sent) * per;
      if (unit === 'tokens') for (const charge of this.charges) if (charge.at === ms) missing += charge.tokens * per;
    }
    for (const sent of this.sent) if (this.landing(sent) > then) missing += units(sent) * per;
    return missing / per;
  }

  /** A plain value counts as acknowledged when it goes. */
  private newlySent({ tokens }: PlanRequest, at: number): Sent {
    return { at, tokens, acknowledged: this.plan.permits ? Number.POSITIVE_INFINITY : at };
  }

  private landing({ at, acknowledged }: Sent): number {
    return Math.min(acknowledged, at + this.plan.maxFlight);
  }

  private limitAt(place: number, then: number): number {
    return this.limits.findLast(({ at }) => at <= then)!.limits[place]!;
  }
}

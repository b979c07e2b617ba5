import { expect } from 'vitest';
import type { Plan, PlanRequest } from './plan.js';
import type { Happening, Log } from './play.js';
import { Reference } from './reference.js';

/** Something that the server counts or, with `since`, gives back of what it counted then. */
interface ServerEvent {
  readonly at: number;
  /** Place in the log, for what happens at one instant. */
  readonly order: number;
  readonly tokens: number;
  readonly requests: number;
  readonly since?: number;
}

/**
 * Promise 1: a server that counts each request at some instant between its sending and its head (or `maxFlight`) never finds more than
 * the limit in any interval of length `per`, nor its bucket overdrawn. It gives back what was not used when the request settles.
 */
export function expectNeverOver({ windows, maxFlight }: Plan, { happenings }: Log): void {
  const events = serverEvents(happenings, maxFlight).sort((a, b) => a.at - b.at || a.order - b.order);
  for (const { unit, kind, limit, per } of windows) {
    let level = limit;
    let last = 0;
    for (const [index, event] of events.entries()) {
      const { at } = event;
      level = Math.min(limit, Math.min(limit, level + ((at - last) * limit) / per) - event[unit]);
      last = at;
      const inside = events.slice(0, index + 1).filter(({ at, since = at }) => since > event.at - per);
      const used = kind === 'bucket' ? limit - level : inside.reduce((sum, one) => sum + one[unit], 0);
      if (used > limit + 1e-6) expect.fail(`${used} ${unit} per ${per} ms used at ${at}, of ${limit} (${kind})`);
    }
  }
}

function serverEvents(happenings: readonly Happening[], maxFlight: number): ServerEvent[] {
  return happenings.flatMap((sending, sent) => {
    if (sending.type !== 'sent') return [];
    const { request } = sending;
    const later = (types: string[]): number =>
      happenings.findIndex(
        (one, at) => at > sent && types.includes(one.type) && 'request' in one && one.request === request,
      );
    const answered = later(['acknowledged', 'refused', 'released']);
    const answer = happenings[answered];
    if (answer?.type === 'refused' || answer?.type === 'released') return [];
    const latest = Math.min(answer?.at ?? Number.POSITIVE_INFINITY, sending.at + maxFlight);
    const at = sending.at + request.counted * (latest - sending.at);
    const order = at === answer?.at ? answered : sent;
    const settled = later(['settled']);
    const back = request.tokens - (request.actual ?? request.tokens);
    return [
      { at, order, tokens: request.tokens, requests: 1 },
      ...(settled < 0 ? [] : [{ at: happenings[settled]!.at, order: settled, tokens: -back, requests: 0, since: at }]),
    ];
  });
}

/** Promises 1, 6, 7 and 12 at the other end: what goes fits in every window at that instant, all that is known by then considered. */
export function expectOnlyWhatFits(plan: Plan, log: Log): void {
  replay(plan, log, (happening, reference) => {
    if (happening.type !== 'sent') return;
    holds(
      reference.mayGo(happening.request, happening.at),
      happening.request,
      `went at ${happening.at} without fitting`,
    );
  });
}

/** Promise 2: at the end of no instant does the next in line wait although it could go. */
export function expectNeverLate(plan: Plan, log: Log): void {
  replay(plan, log, undefined, (now, reference) => {
    const head = reference.head(now);
    if (head) holds(!reference.mayGo(head, now), head, `could have gone at ${now}`);
  });
}

/** Promises 3 and 4: whoever goes is the most urgent, then the first that came. */
export function expectPriorityThenArrival(plan: Plan, log: Log): void {
  replay(plan, log, (happening, reference) => {
    if (happening.type !== 'sent') return;
    holds(
      happening.request === reference.head(happening.at),
      happening.request,
      `went at ${happening.at} before its turn`,
    );
  });
}

/**
 * Promise 5: who goes before the first in line is among the next `depth`, and leaves the first's own instant as it was; those of its own
 * priority may move it, but all together by no more than `slack`.
 */
export function expectFirstNotDelayed(plan: Plan, log: Log): void {
  const delays = new Map<PlanRequest, number>();
  /** Of each first, the last that went before it: what it was feared to cost, as it may be acknowledged late, until it is seen. */
  const feared = new Map<PlanRequest, { before: number; delay: number }>();
  const slack = (plan.backfill || { slack: 0 }).slack * Math.min(...plan.windows.map(({ per }) => per));
  replay(plan, log, (happening, reference) => {
    const { at: now } = happening;
    const first = reference.head(now);
    const fear = first && feared.get(first);
    if (fear) {
      const delay = Math.min(fear.delay, Math.max(0, reference.earliest(first, now) - fear.before));
      delays.set(first, delays.get(first)! - fear.delay + delay);
      fear.delay = delay;
    }
    if (happening.type !== 'sent' || happening.request === first || !first) return;
    const before = reference.earliest(first, now);
    expect(before, 'the first could not go itself').toBeGreaterThan(now);
    const isLower = reference.level(happening.request, now) > reference.level(first, now);
    const after = reference.earliestBehind(happening.request, first, now);
    if (!isLower) {
      delays.set(first, (delays.get(first) ?? 0) + after - before);
      feared.set(first, { before, delay: after - before });
    }
    expect(after - before, 'delay of the first').toBeLessThanOrEqual(isLower ? 0 : slack);
    expect(delays.get(first) ?? 0, 'delay of the first, all together').toBeLessThanOrEqual(slack + 1e-9);
  });
}

/** Design, section 7: every request ends in exactly one of completion, error and unsubscription; and only what is impossible fails. */
export function expectNothingLost(plan: Plan, log: Log): void {
  for (const request of plan.requests) expect(log.endings.get(request)).toHaveLength(1);
  replay(
    plan,
    log,
    (happening, reference) => {
      if (happening.type === 'failed')
        holds(
          reference.impossible(happening.request, happening.at),
          happening.request,
          `failed at ${happening.at} though it is possible`,
        );
    },
    (now, reference) => {
      for (const request of reference.line)
        holds(!reference.impossible(request, now), request, `waits for ever from ${now} on`);
    },
  );
}

function holds(promise: boolean, request: PlanRequest, otherwise: string): void {
  if (!promise) expect.fail(`the request that came at ${request.at} ${otherwise}: ${JSON.stringify(request)}`);
}

/** Goes through a log: asks `before` each happening, and at the end of each ms. */
function replay(
  plan: Plan,
  { happenings }: Log,
  before?: (happening: Happening, reference: Reference) => void,
  atEnd?: (now: number, reference: Reference) => void,
): void {
  const reference = new Reference(plan);
  let next = 0;
  for (let now = 0; next < happenings.length; now++) {
    for (; happenings[next]?.at === now; next++) {
      before?.(happenings[next]!, reference);
      reference.happens(happenings[next]!);
    }
    atEnd?.(now, reference);
  }
}

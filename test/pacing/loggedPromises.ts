/** The promises of a quota as functions over a log of what happened. Each gives what broke it, in words; so [] is well. */

export interface LoggedWindow {
  readonly limit: number;
  readonly per: number;
  readonly kind: 'sliding' | 'bucket';
}

/** A request that went, all instants in ms of one clock. */
export interface Went {
  readonly value: number;
  readonly cost: number;
  readonly arrived: number;
  readonly sent: number;
  /** Somewhere from `sent` to `acknowledged`. */
  readonly counted: number;
  readonly acknowledged: number;
  /** Whose line it stood in. */
  readonly participant: number;
  readonly priority: number;
}

/** Rounding of fractions, and of performance.now(). */
const epsilon = 1e-6;

/** Promise 1: the server never finds more than the limit in an interval of a window's length, nor its bucket overdrawn. */
export function whatWentOver(
  log: readonly Pick<Went, 'counted' | 'cost'>[],
  { limit, per, kind }: LoggedWindow,
): string[] {
  const counted = log.toSorted((one, other) => one.counted - other.counted);
  let level = limit;
  let last = counted[0]?.counted ?? 0;
  return counted.flatMap(({ counted: at, cost }, index) => {
    level = Math.min(limit, level + ((at - last) * limit) / per) - cost;
    last = at;
    const inside = counted.slice(0, index + 1).filter(one => one.counted > at - per);
    const used = kind === 'bucket' ? limit - level : inside.reduce((sum, one) => sum + one.cost, 0);
    return used > limit + epsilon ? [`${used} of ${limit} used at ${at}`] : [];
  });
}

/** Promise 2: for how many ms each was kept although it fitted, in the order in which they were sent. */
export function latenesses(log: readonly Went[], window: LoggedWindow): number[] {
  const sent = log.toSorted((one, other) => one.sent - other.sent);
  return sent.map((one, index) => {
    const before = sent.slice(0, index);
    let earliest = Math.max(one.arrived, before.at(-1)?.sent ?? 0);
    while (earliest < one.sent && !fits(one.cost, before, earliest, window)) earliest++;
    return Math.max(0, one.sent - earliest);
  });
}

/** As the contract has it: what is not acknowledged counts in full, and a bucket refills as if it had not been taken. */
function fits(cost: number, before: readonly Went[], at: number, { limit, per, kind }: LoggedWindow): boolean {
  if (kind === 'sliding') {
    return before.reduce((sum, one) => (one.acknowledged + per > at ? sum + one.cost : sum), cost) <= limit + epsilon;
  }
  let level = limit;
  let last = before[0]?.sent ?? at;
  let inFlight = 0;
  for (const { acknowledged, cost } of before.toSorted((one, other) => one.acknowledged - other.acknowledged)) {
    if (acknowledged > at) {
      inFlight += cost;
      continue;
    }
    level = Math.min(limit, level + ((acknowledged - last) * limit) / per) - cost;
    last = acknowledged;
  }
  return cost <= Math.min(limit, level + ((at - last) * limit) / per) - inFlight + epsilon;
}

/** Promise 3: within one line and priority in the order of arrival. */
export function whatWentBeforeItsTurn(log: readonly Went[]): string[] {
  const last = new Map<string, Went>();
  return log
    .toSorted((one, other) => one.sent - other.sent)
    .flatMap(one => {
      const line = `${one.participant} ${one.priority}`;
      const before = last.get(line);
      last.set(line, one);
      return before && before.arrived > one.arrived
        ? [`${one.value}, there since ${one.arrived}, after ${before.value}, there since ${before.arrived}`]
        : [];
    });
}

/** Each request ends once. */
export function whatWasLost(expected: readonly number[], ended: readonly number[]): string[] {
  const times = new Map<number, number>();
  for (const value of ended) times.set(value, (times.get(value) ?? 0) + 1);
  return [...new Set([...expected, ...ended])]
    .filter(value => times.get(value) !== 1 || !expected.includes(value))
    .map(value => `${value} ended ${times.get(value) ?? 0} times`);
}

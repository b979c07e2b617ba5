import fc from 'fast-check';

/** A window of these tests, nothing left to default. */
export interface PlanWindow {
  readonly unit: 'requests' | 'tokens';
  readonly kind: 'sliding' | 'bucket';
  readonly limit: number;
  readonly per: number;
}

/** One request: when it comes, what it takes, and what will become of it. Times in ms. */
export interface PlanRequest {
  readonly at: number;
  readonly tokens: number;
  readonly priority: number;
  /** From sending to the response's head. */
  readonly head: number;
  /** From there to its end, when it settles to `actual`, if that is given. */
  readonly length: number;
  readonly actual: number | undefined;
  /** How long after its arrival it is unsubscribed, if it ever is. */
  readonly cancelAfter: number | undefined;
  /** How often it is refused before it is answered, and for how long all must wait then. */
  readonly refusals: readonly number[];
  /** It is found when it is admitted that it need not be sent. */
  readonly released: boolean;
  /** When the server counts it: 0 = when it is sent, 1 = when its head comes. */
  readonly counted: number;
}

export interface Plan {
  /** Requests with permits and an answer that takes time (`rateWindowMap`), or plain values (`rateWindow`). */
  readonly permits: boolean;
  readonly windows: readonly PlanWindow[];
  readonly requests: readonly PlanRequest[];
  /** The limits of all windows, anew at some instant. */
  readonly changes: readonly { readonly at: number; readonly limits: readonly number[] }[];
  readonly maxFlight: number;
  readonly maxConcurrent: number;
  readonly aging: number;
  readonly backfill: false | { readonly depth: number; readonly slack: number };
}

/** What a plan may hold beside requests that come and are answered; all is off unless it is named. */
export interface Ingredients {
  readonly permits?: boolean;
  readonly cancelling?: boolean;
  readonly settling?: 'down' | 'any';
  readonly refusing?: boolean;
  readonly releasing?: boolean;
  readonly changing?: boolean;
  readonly aging?: boolean;
  readonly backfilling?: boolean;
  readonly concurrency?: boolean;
  /** Instants between the ms, too. */
  readonly fractions?: boolean;
}

const sometimes = <T>(wanted: boolean | undefined, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  wanted ? fc.option(value, { nil: undefined }) : fc.constant(undefined);

/** Plans of windows, arrivals, costs and priorities at random; small, so that much happens at once and counterexamples can be read. */
export function plans(ingredients: Ingredients): fc.Arbitrary<Plan> {
  const { permits = false, cancelling, settling, refusing, changing, aging, backfilling, concurrency } = ingredients;
  const ms = (max: number): fc.Arbitrary<number> =>
    ingredients.fractions ? fc.integer({ min: 0, max: max * 8 }).map(eighths => eighths / 8) : fc.nat(max);
  const window = fc.record<PlanWindow>({
    unit: fc.constantFrom('requests', 'tokens'),
    kind: fc.constantFrom('sliding', 'bucket'),
    limit: fc.integer({ min: 1, max: 12 }),
    per: fc.integer({ min: 1, max: 40 }),
  });
  const request = fc.record<PlanRequest>({
    at: ms(50),
    tokens: fc.nat(8),
    priority: fc.constantFrom(1, 2, 2, 5, 5, 5, 10),
    head: ms(12),
    length: ms(20),
    actual: sometimes(settling !== undefined, fc.nat(12)),
    cancelAfter: sometimes(cancelling, ms(40)),
    refusals: refusing ? fc.array(ms(10), { maxLength: 2 }) : fc.constant([]),
    released: ingredients.releasing ? fc.boolean() : fc.constant(false),
    counted: fc.constantFrom(0, 0.3, 0.7, 1),
  });
  return fc
    .record({
      permits: fc.constant(permits),
      windows: fc.array(window, { minLength: 1, maxLength: 3 }),
      requests: fc.array(request, { minLength: 1, maxLength: 14 }),
      changes: changing ? fc.array(fc.record({ at: ms(60), limit: fc.nat(12) }), { maxLength: 3 }) : fc.constant([]),
      maxFlight: fc.integer({ min: 1, max: 20 }),
      maxConcurrent: concurrency ? fc.integer({ min: 1, max: 4 }) : fc.constant(Number.POSITIVE_INFINITY),
      aging: aging ? fc.integer({ min: 1, max: 15 }) : fc.constant(0),
      backfill: backfilling
        ? fc.record({ depth: fc.integer({ min: 1, max: 6 }), slack: fc.constantFrom(0, 0.1, 0.5) })
        : fc.constant(false as const),
    })
    .map(plan => ({
      ...plan,
      requests: settling === 'down' ? plan.requests.map(atMostEstimated) : plan.requests,
      changes: [...spread(plan.changes, plan.windows), ...restored(plan.windows, changing)],
    }));
}

const atMostEstimated = (request: PlanRequest): PlanRequest => ({
  ...request,
  actual: request.actual === undefined ? undefined : Math.min(request.actual, request.tokens),
});

const spread = (changes: readonly { at: number; limit: number }[], windows: readonly PlanWindow[]): Plan['changes'] =>
  [...changes]
    .sort((a, b) => a.at - b.at)
    .map(({ at, limit }, turn) => ({
      at,
      limits: windows.map((window, place) => (place === turn % windows.length ? limit : window.limit)),
    }));

/** In the end all windows are as at the beginning, so that nobody has reason to wait for ever. */
const restored = (windows: readonly PlanWindow[], changing: boolean | undefined): Plan['changes'] =>
  changing ? [{ at: 61, limits: windows.map(({ limit }) => limit) }] : [];

/** How many times more than usual is asked for. */
export const times: number = Number(process.env.RUNS ?? 1);

/** `count` runs, that many times. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: Math.ceil(count * times) };
}

/** ms for a property's test: more runs take longer. */
export const longest: number = 60_000 * Math.max(1, times);

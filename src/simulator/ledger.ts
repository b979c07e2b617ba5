import { type Charge, type Counter, type Counting, createCounter, fits } from './counting.js';
import type { SimulatedLimits } from './models.js';

/** In this order they are looked at: the first that is short refuses. */
export const WINDOW_KINDS = ['rpm', 'rpd', 'tpm', 'tpd', 'itpm', 'otpm'] as const;
export type WindowKind = (typeof WINDOW_KINDS)[number];

const MINUTE = 60_000;
const DAY = 86_400_000;
const PERIOD: Readonly<Record<WindowKind, number>> = {
  rpm: MINUTE,
  rpd: DAY,
  tpm: MINUTE,
  tpd: DAY,
  itpm: MINUTE,
  otpm: MINUTE,
};

/** Tokens of one request: `output` is the cap while it is asked for, the real number at the end. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
}

export interface Permit {
  readonly asked: Tokens;
  readonly charges: Map<WindowKind, { readonly counter: Counter; readonly charge: Charge }>;
}

/** Why a window says no. `waitMs` is until it says yes: Infinity where it never will. */
export interface Refusal {
  readonly window: WindowKind;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  readonly waitMs: number;
  /** One request that is more than the whole window. */
  readonly tooLarge: boolean;
}

export interface WindowStats {
  readonly kind: WindowKind;
  readonly limit: number;
  /** ms of real time, the time scale already taken off */
  readonly per: number;
  readonly used: number;
  /** The most ever counted at one instant. Above `limit` only if use was counted at the end or above its estimate. */
  readonly peak: number;
  /** ms until nothing is counted any more */
  readonly untilFull: number;
}

export interface LedgerOptions {
  readonly counting: Counting;
  readonly countAt: 'head' | 'end';
  readonly refund: boolean;
  readonly timeScale: number;
}

/** All windows of one model: a request is counted in all of them or in none. */
export interface Ledger {
  admit(asked: Tokens, now: number): { readonly permit: Permit } | { readonly refusal: Refusal };
  /** The answer has ended, with this many tokens. */
  settle(permit: Permit, real: Tokens, now: number): void;
  windows(now: number): readonly WindowStats[];
  setLimits(limits: SimulatedLimits, now: number): void;
}

export function createLedger(limits: SimulatedLimits, options: LedgerOptions): Ledger {
  const { counting, countAt, refund, timeScale } = options;
  const windows = new Map<WindowKind, { readonly counter: Counter; peak: number }>();

  const setLimits = (next: SimulatedLimits, now: number): void => {
    for (const kind of WINDOW_KINDS) {
      const limit = next[kind] ?? -1;
      const window = windows.get(kind);
      if (limit < 0 || limit === Infinity) windows.delete(kind);
      else if (window !== undefined) window.counter.setLimit(limit, now);
      else windows.set(kind, { counter: createCounter(counting, limit, PERIOD[kind] / timeScale), peak: 0 });
    }
  };
  setLimits(limits, 0);

  const notePeaks = (now: number): void => {
    for (const window of windows.values()) {
      const used = window.counter.used(now);
      // What fits is never more than the limit, whatever the rounding of the sum.
      const counted = fits(used, 0, window.counter.limit) ? Math.min(used, window.counter.limit) : used;
      window.peak = Math.max(window.peak, counted);
    }
  };

  const refusalOf = (asked: Tokens, now: number): Refusal | undefined => {
    const shorts = WINDOW_KINDS.flatMap((kind): Refusal[] => {
      const counter = windows.get(kind)?.counter;
      const requested = amountOf(kind, asked);
      if (counter === undefined || fits(counter.used(now), requested, counter.limit)) return [];
      const { limit, per } = counter;
      const used = counter.used(now);
      // A limit of 0 is a closed model, not a request too large for it: come again after a whole window.
      const waitMs = limit === 0 ? per : counter.waitFor(requested, now);
      return [{ window: kind, limit, used, requested, waitMs, tooLarge: limit > 0 && requested > limit }];
    });
    return shorts.find(short => short.tooLarge) ?? shorts[0];
  };

  return {
    admit(asked, now) {
      const refusal = refusalOf(asked, now);
      if (refusal !== undefined) return { refusal };
      const charges: Permit['charges'] = new Map();
      for (const [kind, { counter }] of windows) {
        if (countAt === 'head' || isRequests(kind)) {
          charges.set(kind, { counter, charge: counter.take(amountOf(kind, asked), now) });
        }
      }
      notePeaks(now);
      return { permit: { asked, charges } };
    },
    settle({ asked, charges }, real, now) {
      for (const [kind, { counter }] of windows) {
        if (isRequests(kind)) continue;
        const amount = amountOf(kind, real);
        const taken = charges.get(kind);
        if (countAt === 'end') counter.take(amount, now);
        // Only of the same counter: one that was switched off and on again meanwhile knows nothing of the charge.
        else if (taken?.counter === counter) {
          counter.correct(taken.charge, refund ? amount : Math.max(amount, amountOf(kind, asked)), now);
        }
      }
      notePeaks(now);
    },
    windows: now =>
      WINDOW_KINDS.flatMap((kind): WindowStats[] => {
        const window = windows.get(kind);
        if (window === undefined) return [];
        const { counter, peak } = window;
        const { limit, per } = counter;
        const untilFull = limit === 0 ? per : counter.untilFull(now);
        return [{ kind, limit, per, used: counter.used(now), peak, untilFull }];
      }),
    setLimits,
  };
}

export function isRequests(kind: WindowKind): boolean {
  return kind === 'rpm' || kind === 'rpd';
}

function amountOf(kind: WindowKind, { input, output }: Tokens): number {
  if (isRequests(kind)) return 1;
  if (kind === 'itpm') return input;
  return kind === 'otpm' ? output : input + output;
}

import type { Unit } from './RateWindow.js';

/** One window as it stands now. */
export interface WindowUse {
  readonly unit: Unit;
  readonly kind: 'sliding' | 'bucket';
  readonly limit: number;
  /** ms */
  readonly per: number;
  /** Counted now, what is in flight included; above `limit` where usage exceeded its estimate. */
  readonly used: number;
  /** What could be taken at this instant. */
  readonly available: number;
  /** True where the limit came from the server and not from the config. */
  readonly learned: boolean;
}

/**
 * What answers have taught about the estimates of a model's prompts:
 * `prompt_tokens ≈ factor · estimate + perMessage · messages + perPrompt`.
 */
export interface Calibration {
  readonly factor: number;
  readonly perMessage: number;
  readonly perPrompt: number;
  /** That it was learnt from. */
  readonly answers: number;
  /** How far off the expected counts were lately, on average, as a share of the prompt; null before the first answer. */
  readonly error: number | null;
}

/** A line and its windows at one instant. */
export type LineLimits = Omit<ModelLimits, 'calibration'>;

/** A model's quota at one instant. The first four fields are for requests; `Infinity` where unlimited. */
export interface ModelLimits {
  readonly minute_used: number;
  readonly minute_limit: number;
  readonly day_used: number;
  readonly day_limit: number;
  readonly windows: readonly WindowUse[];
  /** Requests waiting in line. */
  readonly queued: number;
  /** Requests sent and not yet ended. */
  readonly inFlight: number;
  /** `open`: its server is down, and nobody goes until a cool-down is over; `half_open`: one is trying. See the client's `breaker`. */
  readonly circuit: 'closed' | 'open' | 'half_open';
  /** ms until the first in line can go; 0 = now, null = nothing waits, or it depends on more than time (a closed window). */
  readonly nextAdmissionMs: number | null;
  /** How well its prompts are estimated. */
  readonly calibration: Calibration;
}

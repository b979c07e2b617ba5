import type { Unit } from './RateWindow.js';

/** Which headers of a response speak of a window. Names in lower case. */
export interface QuotaHeaders {
  readonly unit: Unit;
  /** ms */
  readonly per: number;
  /** Units that the window holds. */
  readonly limit: string;
  /** Units that are left of it. */
  readonly remaining: string;
  /** How long until it is full again: '2m59.56s', '335ms', or seconds. */
  readonly reset: string;
}

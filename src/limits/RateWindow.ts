import { fromMs, toMs } from './duration.js';

/** What a window counts: whatever a cost names. */
export type Unit = 'requests' | 'tokens' | 'input_tokens' | 'output_tokens' | (string & {});

/** How much of each unit one request takes. `requests` left out means 1. */
export type Cost = Readonly<Partial<Record<Unit, number>>>;

/**
 * A quota: at most `limit` units `per` a length of time.
 *
 * - `sliding` (default) holds at most `limit` in any half-open interval of length `per`: safe against every server.
 * - `bucket` holds at most `limit` and is refilled continuously at `limit / per`: how Groq counts.
 */
export interface RateWindow {
  /** 0 = closed for now: requests wait */
  readonly limit: number;
  /** ms, or '600ms', '1s', '1m', '1h', '1d' */
  readonly per: number | string;
  /** @default 'requests' */
  readonly unit?: Unit;
  /** @default 'sliding' */
  readonly kind?: 'sliding' | 'bucket';
}

/** A checked window: nothing left to default. */
export interface Window {
  readonly limit: number;
  /** ms */
  readonly per: number;
  readonly unit: Unit;
  readonly kind: 'sliding' | 'bucket';
}

/**
 * Checks windows and fills in their defaults.
 * @throws TypeError naming the field
 */
export function toWindows(windows: RateWindow | readonly RateWindow[]): readonly Window[] {
  return (Array.isArray(windows) ? (windows as readonly RateWindow[]) : [windows as RateWindow]).map(toWindow);
}

function toWindow(window: RateWindow): Window {
  if (typeof window !== 'object' || window === null)
    throw new TypeError(`window: expected { limit, per }, got ${String(window)}`);
  const { limit, per, unit = 'requests', kind = 'sliding' } = window;
  if (typeof limit !== 'number' || !Number.isFinite(limit) || limit < 0) {
    throw new TypeError(`limit: expected a number of at least 0 (0 = closed for now), got ${String(limit)}`);
  }
  if (typeof unit !== 'string' || unit === '')
    throw new TypeError(`unit: expected a name such as 'requests', got ${String(unit)}`);
  if (kind !== 'sliding' && kind !== 'bucket')
    throw new TypeError(`kind: expected 'sliding' or 'bucket', got ${String(kind)}`);
  return { limit, per: toMs(per), unit, kind };
}

/** A window's name in messages: 'tokens per 1m'. */
export function windowName(window: Pick<Window, 'unit' | 'per'>): string {
  return `${window.unit} per ${fromMs(window.per)}`;
}

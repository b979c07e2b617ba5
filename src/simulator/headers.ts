import type { WindowStats } from './ledger.js';

const NS_PER_MS = 1_000_000;
const UNITS: readonly (readonly [unit: string, ns: number])[] = [
  ['ms', NS_PER_MS],
  ['µs', 1000],
  ['ns', 1],
];

/** ms → what Go prints for it: `6h0m0s`, `1m26.4s`, `2s`, `335ms`, `1.5µs`, `0s`. Exact to the nanosecond. */
export function goDuration(ms: number): string {
  const ns = Math.round(ms * NS_PER_MS);
  if (ns <= 0) return '0s';
  if (ns < 1000 * NS_PER_MS) {
    const [unit, size] = UNITS.find(([, size]) => ns >= size)!;
    return `${decimal(ns, size)}${unit}`;
  }
  const minutes = Math.floor(ns / (60_000 * NS_PER_MS));
  const seconds = `${decimal(ns - minutes * 60_000 * NS_PER_MS, 1000 * NS_PER_MS)}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/**
 * The limit headers of a chat answer. As at Groq, `-requests` are the day's and `-tokens` the minute's; the other windows
 * have none. `reset-*` is the time until the window is full again, not until the next request fits.
 */
export function limitHeaders(windows: readonly WindowStats[]): Record<string, string> {
  return { ...headersOf('requests', windows, 'rpd'), ...headersOf('tokens', windows, 'tpm') };
}

/** Whole seconds, rounded up: who waits as long is never early. */
export function retryAfterSeconds(waitMs: number): string {
  return String(Math.ceil(waitMs / 1000 - 1e-9));
}

function headersOf(name: string, windows: readonly WindowStats[], kind: WindowStats['kind']): Record<string, string> {
  const window = windows.find(window => window.kind === kind);
  if (window === undefined) return {};
  // 999.9999999 of 1000 free is a rounding of 1000.
  const remaining = Math.max(0, Math.floor(window.limit - window.used + 1e-6));
  return {
    [`x-ratelimit-limit-${name}`]: String(window.limit),
    [`x-ratelimit-remaining-${name}`]: String(remaining),
    [`x-ratelimit-reset-${name}`]: goDuration(window.untilFull),
  };
}

/** ns / size without trailing zeros; in integers, as a quotient of doubles would print 17.099999999999998. */
function decimal(ns: number, size: number): string {
  const whole = Math.floor(ns / size);
  const fraction = String(ns % size).padStart(Math.round(Math.log10(size)), '0');
  const digits = size === 1 ? '' : fraction.replace(/0+$/, '');
  return digits === '' ? String(whole) : `${whole}.${digits}`;
}

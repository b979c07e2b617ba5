const msPer = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A window's length in ms: a number of ms, or '600ms', '1s', '1.5m', '1h', '1d'. Whole ms of at least 1.
 * @throws TypeError for anything else, saying what is allowed
 */
export function toMs(per: number | string): number {
  const ms = typeof per === 'number' ? per : parse(per);
  if (!Number.isInteger(ms) || ms < 1) {
    throw new TypeError(
      `per: expected a whole number of ms (at least 1) or '600ms', '1s', '1m', '1h', '1d', got ${show(per)}`,
    );
  }
  return ms;
}

function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * msPer[match[2] as keyof typeof msPer] : Number.NaN;
}

/** ms as the shortest of the forms that `toMs` reads: 60000 → '1m'. */
export function fromMs(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms % msPer[unit] === 0) return `${ms / msPer[unit]}${unit}`;
  }
  return `${ms}ms`;
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** A line of the table. */
export interface Row {
  readonly what: string;
  readonly value: string;
  readonly bound: string;
  readonly ok: boolean;
}

export function row(what: string, value: number | string, bound: string, ok: boolean): Row {
  return { what, value: String(value), bound, ok };
}

/** Of numbers in any order. @param share 0.5 = the median */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

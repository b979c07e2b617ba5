const msPer: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  μs: 0.001,
};

/** A duration as Go prints it, in ms: '6h0m0s', '1m26.4s', '335ms'; also bare seconds: '2.5'. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000;
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|μs))+$/.test(trimmed)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|μs)/g))
    ms += Number(amount) * msPer[unit!]!;
  return ms;
}

/**
 * How long the server asks to wait, in ms. The text of a refusal ("try again in 7m12s") is exact and wins over `retry-after-ms`, and that over
 * `retry-after`, which is whole seconds or a date (RFC 9110, section 10.2.3).
 * @param wallNow ms since 1970, for dates
 */
export function retryAfter(
  headers: Readonly<Record<string, string>>,
  message: string,
  wallNow: () => number,
): number | undefined {
  const told = /try again in ((?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|μs))+)/i.exec(message);
  const ms = told ? parseDuration(told[1]!) : undefined;
  if (ms !== undefined) return Math.ceil(ms);
  const exact = headers['retry-after-ms'];
  if (exact !== undefined && /^\d+(\.\d+)?$/.test(exact.trim())) return Math.ceil(Number(exact));
  const header = headers['retry-after'];
  if (header === undefined) return undefined;
  const seconds = parseDuration(header);
  if (seconds !== undefined) return Math.ceil(seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallNow());
}

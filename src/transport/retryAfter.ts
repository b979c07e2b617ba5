const amount = String.raw`(\d+(?:\.\d+)?)`;
const seconds = new RegExp(`^${amount}$`);
const goDuration = new RegExp(
  `^(?:${amount}h)?(?:${amount}m)?(?:${amount}s)?(?:${amount}ms)?(?:${amount}(?:us|µs|μs))?$`,
);

/** A duration as Go prints it, in ms: '6h0m0s', '1m26.4s', '335ms'; also bare seconds: '2.5'. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  const parts = trimmed !== '' && goDuration.exec(trimmed);
  if (!parts) return seconds.test(trimmed) ? Number(trimmed) * 1000 : undefined;
  const [, h = 0, m = 0, s = 0, ms = 0, us = 0] = parts;
  return Number(h) * 3_600_000 + Number(m) * 60_000 + Number(s) * 1000 + Number(ms) + Number(us) / 1000;
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
  const told = /try again in ([\d.hmsuµμ]*[hms])/i.exec(message);
  const header = headers['retry-after'] ?? '';
  const ms =
    (told ? parseDuration(told[1]!) : undefined) ??
    parseDuration(`${headers['retry-after-ms']?.trim()}ms`) ??
    parseDuration(header.replace(/,.*/, '')); // of a proxy's and a server's own, the first; of a date, the day's name, which is none
  if (ms !== undefined) return Math.ceil(ms);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallNow());
}

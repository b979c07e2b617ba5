import type { RateLimitError, RequestTooLargeError } from '../errors/index.js';
import { fitsTogether, type QuotaHeaders, type QuotaReport, type Unit, type Window } from '../limits/index.js';
import { parseDuration } from './retryAfter.js';

/** Whose headers and refusals they are: Groq's `-requests` are per day, everybody else's per minute. */
export type Dialect = 'groq' | 'openai';

const minute = 60_000;
const day = 86_400_000;

/**
 * What a response's headers say of its server's windows. What is not in a known form is left out, and told to `unread`.
 * @param names which headers those are; by default `x-ratelimit-*` of requests and of tokens, no more: on Groq RPM, TPD, ITPM and OTPM have none
 */
export function reportsIn(
  headers: Readonly<Record<string, string>>,
  dialect: Dialect,
  names: readonly QuotaHeaders[] = headersOf[dialect],
  unread?: (header: string) => void,
): QuotaReport[] {
  const reports: QuotaReport[] = [];
  for (const name of names) {
    const limit = read(name.limit, headers, count, unread);
    const remaining = read(name.remaining, headers, count, unread);
    const resetMs = read(name.reset, headers, parseDuration, unread);
    if (limit === undefined || remaining === undefined || resetMs === undefined) continue;
    const { unit, per } = name;
    const used = limit - remaining;
    const confirmed = fitsTogether(resetMs, used, limit, per);
    reports.push({ unit, per, limit, used, resetMs, confirmed, kind: kindOf(dialect), refused: undefined });
  }
  return reports;
}

function read(
  name: string,
  headers: Readonly<Record<string, string>>,
  parse: (text: string) => number | undefined,
  unread: ((header: string) => void) | undefined,
): number | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined) unread?.(name);
  return value;
}

const tokensPerMinute = usual('tokens', minute);
const headersOf: Readonly<Record<Dialect, readonly QuotaHeaders[]>> = {
  groq: [usual('requests', day), tokensPerMinute],
  openai: [usual('requests', minute), tokensPerMinute],
};

function usual(unit: Unit, per: number): QuotaHeaders {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map(what => `x-ratelimit-${what}-${unit}`);
  return { unit, per, limit: limit!, remaining: remaining!, reset: reset! };
}

/** Of a refusal's window, by the letter with which Groq's and OpenAI's abbreviations begin. */
const units: Readonly<Record<string, Unit>> = {
  R: 'requests',
  T: 'tokens',
  I: 'input_tokens',
  O: 'output_tokens',
};

/**
 * What a refusal says of the window that refused; undefined where it does not name one. Old texts of Groq name none ("on : Limit 500000"):
 * then it is the one of `known` that has this limit, if just one has.
 */
export function reportOf(
  refusal: RateLimitError | RequestTooLargeError,
  dialect: Dialect,
  known: readonly Window[] = [],
): QuotaReport | undefined {
  const { limit, requested = 1, window = '' } = refusal;
  const { used = undefined, retryAfterMs = 0 } = refusal.kind === 'rate_limit' ? refusal : {};
  if (limit === undefined) return undefined;
  const [, of, length] = /^([RTIO])T?P([MD])$/.exec(window) ?? []; // RPM, TPD, ITPM, …
  const alike = window === '' ? known.filter(other => other.limit === limit) : [];
  const named = of
    ? { unit: units[of]!, per: length === 'M' ? minute : day }
    : alike.length === 1
      ? alike[0]
      : undefined;
  if (!named) return undefined;
  const { unit, per } = named;
  const wanting = (used ?? limit) + requested - limit;
  const asBucket = used !== undefined && fitsTogether(retryAfterMs, wanting, limit, per);
  // A server that waits longer than a bucket needs, and for most of the window: nothing comes back before its end.
  const asSliding = !asBucket && requested <= limit && wanting > 0 && retryAfterMs > per / 2 && retryAfterMs <= per;
  // One that is too large for the whole window names its limit for that reason; no wait bears it out.
  const confirmed = requested > limit || asBucket || asSliding;
  const kind = asSliding ? 'sliding' : kindOf(dialect);
  return { unit, per, limit, used, resetMs: retryAfterMs, confirmed, kind, refused: requested };
}

function kindOf(dialect: Dialect): QuotaReport['kind'] {
  return dialect === 'groq' ? 'bucket' : 'sliding';
}

function count(text: string): number | undefined {
  return number.test(text) ? Number(text) : undefined;
}

const number = /^\s*\d+(\.\d+)?\s*$/;

import type { RateLimitError } from '../errors/index.js';
import type { QuotaReport, Unit } from '../limits/index.js';
import { parseDuration } from './retryAfter.js';

/** Whose headers and refusals they are: Groq's `-requests` are per day, everybody else's per minute. */
export type Dialect = 'groq' | 'openai';

const minute = 60_000;
const day = 86_400_000;

/**
 * What the `x-ratelimit-*` headers of a response say (of requests and of tokens, no more: on Groq RPM, TPD, ITPM and OTPM have none).
 * What is not in a known form is left out.
 */
export function reportsIn(headers: Readonly<Record<string, string>>, dialect: Dialect): QuotaReport[] {
  return (['requests', 'tokens'] as const).flatMap(unit => {
    const limit = count(headers[`x-ratelimit-limit-${unit}`]);
    const remaining = count(headers[`x-ratelimit-remaining-${unit}`]);
    const resetMs = parseDuration(headers[`x-ratelimit-reset-${unit}`] ?? '');
    if (limit === undefined || remaining === undefined || resetMs === undefined) return [];
    const per = unit === 'requests' && dialect === 'groq' ? day : minute;
    const used = limit - remaining;
    return { unit, per, limit, used, resetMs, confirmed: fitsTogether(resetMs, used, limit, per), ...rest(dialect) };
  });
}

/** The windows of refusals, by Groq's and OpenAI's own abbreviations. */
const windowsNamed: Readonly<Record<string, { unit: Unit; per: number }>> = {
  RPM: { unit: 'requests', per: minute },
  RPD: { unit: 'requests', per: day },
  TPM: { unit: 'tokens', per: minute },
  TPD: { unit: 'tokens', per: day },
  ITPM: { unit: 'input_tokens', per: minute },
  OTPM: { unit: 'output_tokens', per: minute },
};

/** What a refusal says of the window that refused; undefined where it does not name one. */
export function reportOf(refusal: RateLimitError, dialect: Dialect): QuotaReport | undefined {
  const { limit, used, requested = 1, retryAfterMs = 0 } = refusal;
  const window = windowsNamed[refusal.window ?? ''];
  if (!window || limit === undefined) return undefined;
  const confirmed = used !== undefined && fitsTogether(retryAfterMs, used + requested - limit, limit, window.per);
  return { ...window, limit, used, resetMs: retryAfterMs, confirmed, ...rest(dialect), refused: requested };
}

function rest(dialect: Dialect): Pick<QuotaReport, 'kind' | 'refused'> {
  return { kind: dialect === 'groq' ? 'bucket' : 'sliding', refused: undefined };
}

/** Servers refill continuously: `amount` units come back in `ms` if `limit` do in `per`. Rounding allows for a factor of 2. */
function fitsTogether(ms: number, amount: number, limit: number, per: number): boolean {
  const implied = (ms * limit) / amount;
  return implied >= per / 2 && implied <= per * 2;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

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
  const reports: QuotaReport[] = [];
  for (const { unit, limit: limitName, remaining: remainingName, reset } of headersOfUnits) {
    const limit = count(headers[limitName]);
    const remaining = count(headers[remainingName]);
    const resetMs = parseDuration(headers[reset] ?? '');
    if (limit === undefined || remaining === undefined || resetMs === undefined) continue;
    const per = unit === 'requests' && dialect === 'groq' ? day : minute;
    const used = limit - remaining;
    const confirmed = fitsTogether(resetMs, used, limit, per);
    reports.push({ unit, per, limit, used, resetMs, confirmed, kind: kindOf(dialect), refused: undefined });
  }
  return reports;
}

// Written out: to put names together for each response takes longer than to read them.
const headersOfUnits = [
  {
    unit: 'requests',
    limit: 'x-ratelimit-limit-requests',
    remaining: 'x-ratelimit-remaining-requests',
    reset: 'x-ratelimit-reset-requests',
  },
  {
    unit: 'tokens',
    limit: 'x-ratelimit-limit-tokens',
    remaining: 'x-ratelimit-remaining-tokens',
    reset: 'x-ratelimit-reset-tokens',
  },
] as const;

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
  return { ...window, limit, used, resetMs: retryAfterMs, confirmed, kind: kindOf(dialect), refused: requested };
}

function kindOf(dialect: Dialect): QuotaReport['kind'] {
  return dialect === 'groq' ? 'bucket' : 'sliding';
}

/** Servers refill continuously: `amount` units come back in `ms` if `limit` do in `per`. Rounding allows for a factor of 2. */
function fitsTogether(ms: number, amount: number, limit: number, per: number): boolean {
  const implied = (ms * limit) / amount;
  return implied >= per / 2 && implied <= per * 2;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && number.test(text) ? Number(text) : undefined;
}

const number = /^\s*\d+(\.\d+)?\s*$/;

import { goDuration, retryAfterSeconds } from './headers.js';
import type { Refusal, WindowKind } from './ledger.js';

/** An answer that is an error: Groq's status, text and code. */
export interface ErrorReply {
  readonly status: number;
  readonly body: { readonly error: ErrorBody };
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly code?: string;
  readonly param?: string;
}

const ORGANIZATION = 'org_01simulated000000000000000';
const UPGRADE = 'Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing';

const WINDOW_WORDS: Readonly<Record<WindowKind, string>> = {
  rpm: 'requests per minute (RPM)',
  rpd: 'requests per day (RPD)',
  tpm: 'tokens per minute (TPM)',
  tpd: 'tokens per day (TPD)',
  itpm: 'input tokens per minute (ITPM)',
  otpm: 'output tokens per minute (OTPM)',
};

export function invalidRequest(message: string, param?: string, code?: string): ErrorReply {
  return error(400, { message, type: 'invalid_request_error', ...(code && { code }), ...(param && { param }) });
}

export function invalidKey(): ErrorReply {
  return error(401, { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' });
}

export function unknownUrl(method: string, path: string): ErrorReply {
  const message = `Unknown request URL: ${method} ${path}. Please check the URL for typos, or see the docs at https://console.groq.com/docs/`;
  return error(404, { message, type: 'invalid_request_error', code: 'unknown_url' });
}

export function bodyTooLarge(): ErrorReply {
  return error(413, {
    message: 'Request Entity Too Large',
    type: 'invalid_request_error',
    code: 'request_too_large',
  });
}

export function modelNotFound(model: string): ErrorReply {
  const message = `The model \`${model}\` does not exist or you do not have access to it.`;
  return error(404, { message, type: 'invalid_request_error', code: 'model_not_found' });
}

export function modelDecommissioned(model: string): ErrorReply {
  const message = `The model \`${model}\` has been decommissioned and is no longer supported. Please refer to https://console.groq.com/docs/deprecations for a recommendation on which model to use instead.`;
  return invalidRequest(message, undefined, 'model_decommissioned');
}

export function capTooLarge(most: number): ErrorReply {
  const message = `max_tokens must be less than or equal to ${most}, the maximum value for max_tokens is less than the context_window for this model`;
  return invalidRequest(message, 'max_tokens');
}

export function contextTooLong(): ErrorReply {
  const message = 'Please reduce the length of the messages or completion.';
  return invalidRequest(message, 'messages', 'context_length_exceeded');
}

/** A window said no: 429 with the exact wait, or 413 (OTPM: 429) for a request that no waiting makes possible. */
export function refused(refusal: Refusal, model: string, tier: string): ErrorReply {
  const { window, limit, used, requested, waitMs, tooLarge } = refusal;
  const where = `for model \`${model}\` in organization \`${ORGANIZATION}\` service tier \`${tier}\` on ${WINDOW_WORDS[window]}`;
  const type = window === 'rpm' || window === 'rpd' ? 'requests' : 'tokens';
  const code = 'rate_limit_exceeded';
  if (!tooLarge) {
    const wait = goDuration(Math.ceil(waitMs - 1e-6));
    const message = `Rate limit reached ${where}: Limit ${limit}, Used ${Math.ceil(used - 1e-6)}, Requested ${requested}. Please try again in ${wait}. ${UPGRADE}`;
    return error(429, { message, type, code }, { 'retry-after': retryAfterSeconds(waitMs) });
  }
  const head = `Request too large ${where}: Limit ${limit}, Requested ${requested}`;
  if (window === 'otpm') {
    const message = `${head}. The request's expected output tokens exceed the enforced limit; reduce max_tokens (or the request's expected output) and try again. ${UPGRADE}`;
    return error(429, { message, type, code });
  }
  const message = `${head}, please reduce your message size and try again. ${UPGRADE}`;
  // Groq sends it here too, and it means nothing: a client that waits and tries again is refused for ever.
  return error(413, { message, type, code }, { 'retry-after': String(20 + (requested % 20)) });
}

/** Groq's own text for a status, for faults that give none. */
export function replyOfStatus(status: number, model: string, retryAfterMs: number): ErrorReply {
  if (status === 429) {
    const busy: Refusal = {
      window: 'rpm',
      limit: 30,
      used: 30,
      requested: 1,
      waitMs: retryAfterMs,
      tooLarge: false,
    };
    return refused(busy, model, 'on_demand');
  }
  if (status === 401) return invalidKey();
  if (status === 404) return modelNotFound(model);
  if (status === 503) {
    const message = `${model} is currently over capacity. Please try again and back off exponentially. Visit https://groqstatus.com to see if there is an active incident.`;
    return error(503, { message, type: 'internal_server_error' });
  }
  if (status === 498) {
    const message = 'The flex tier is at capacity, please try again later.';
    return error(498, { message, type: 'capacity_exceeded', code: 'capacity_exceeded' });
  }
  if (status === 403) {
    const message = `The model \`${model}\` is blocked at the organization level. Please have the org admin enable this model.`;
    return error(403, { message, type: 'permissions_error', code: 'model_permission_blocked_org' });
  }
  return status < 500
    ? error(status, { message: `Simulated error ${status}`, type: 'invalid_request_error' })
    : error(status, {
        message: 'Internal Server Error',
        type: 'internal_server_error',
        code: 'internal_server_error',
      });
}

function error(status: number, body: ErrorBody, headers: Readonly<Record<string, string>> = {}): ErrorReply {
  return { status, body: { error: body }, headers };
}

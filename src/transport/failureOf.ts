import {
  ApiError,
  AuthenticationError,
  type ChatFailure,
  RateLimitError,
  RequestTooLargeError,
} from '../errors/index.js';
import { redact } from './redact.js';
import { retryAfter } from './retryAfter.js';

/** The parts of an API's error object that decide what to do. */
export interface ErrorBody {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly status_code?: unknown;
}

/** What is known of the request that failed. */
export interface FailureContext {
  readonly model: string;
  readonly wallNow: () => number;
  /** A sentence in place of the usual next step. */
  readonly advice?: string | undefined;
  /** Makes a server's text fit for errors. @default `redact` */
  readonly clean?: (text: string) => string;
}

/**
 * An error response as a typed error. Status alone does not tell: an impossible request comes as 413, 429 or 400, so the words decide
 * ("Request too large", or Requested above Limit); texts as recorded from Groq in 2026.
 */
export function failureOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  context: FailureContext,
): ChatFailure {
  const { model, clean = redact } = context;
  const error = errorIn(body);
  const message = typeof error?.message === 'string' ? error.message : undefined;
  const words = message ?? body;
  const said = message === undefined ? shorten(beginningOf(body, clean, mostLookedAt)) : clean(message);
  const code = text(error?.code);
  const serverRequestId = headers['x-request-id'];
  const figures = figuresIn(words);
  const response = {
    model,
    requestId: serverRequestId,
    serverRequestId,
    status,
    body: error ? cleaned(error, clean) : beginningOf(body, clean),
  };
  const { requested = 0, limit = Number.POSITIVE_INFINITY } = figures;
  const tooLarge = requested > limit || /request too large/i.test(words);
  if (tooLarge && [400, 413, 429].includes(status)) {
    return new RequestTooLargeError(`${model}: ${said}`, { ...response, ...figures });
  }
  if (status === 429) {
    const retryAfterMs = retryAfter(headers, words, context.wallNow);
    const when = retryAfterMs === undefined ? 'later' : `in ${retryAfterMs} ms`;
    const told = /try again/i.test(said)
      ? said
      : sentences(said || 'refused with 429', `Send the request again ${when}.`);
    return new RateLimitError(`${model}: ${told}`, {
      ...response,
      retryAfterMs,
      ...figures,
    });
  }
  if (status === 401 || status === 403) {
    const told =
      status === 403 && code !== undefined
        ? said
        : `the server does not accept the API key (${status}${said ? `: ${said}` : ''}). Check api_key in the config or $GROQ_API_KEY.`;
    return new AuthenticationError(`${model}: ${told}`, { ...response, code });
  }
  const nextStep = context.advice ?? nextStepAfter(status, code);
  return new ApiError(`${model}: ${sentences(`${status} ${said || 'without a message'}`, nextStep)}`, {
    ...response,
    code,
    retryable: isTransient(status),
    retryAfterMs: retryAfter(headers, '', context.wallNow),
  });
}

/** Servers say what was wrong, seldom what to do about it. */
function nextStepAfter(status: number, code: string | undefined): string {
  if (status < 400) return 'The answer broke off; error.body is what the server says of it.';
  if (isTransient(status)) return 'This is a fault of the server; send the request again later.';
  if (status === 404 || code === 'model_decommissioned') return 'Take another model, or check base_url.';
  return 'Change the request before you send it again.';
}

function sentences(said: string, nextStep: string): string {
  return `${said}${/[.!?…]$/.test(said) ? '' : '.'} ${nextStep}`;
}

/** Statuses after which the same request may succeed: a fault of the moment, not of the request. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 409 || status === 498 || status >= 500;
}

/** The API's error object in a body, in any of the forms that servers use; undefined if there is none. */
export function errorIn(body: string): ErrorBody | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const { x_groq, error = x_groq?.error } = parsed as { error?: unknown; x_groq?: { error?: unknown } | null };
    if (typeof error === 'string') return { message: error };
    if (typeof error === 'object' && error !== null) return error;
    return 'message' in parsed ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function figuresIn(message: string): Pick<RateLimitError, 'limit' | 'used' | 'requested' | 'window'> {
  const number = (name: string) => {
    const match = new RegExp(`\\b${name} ~?(\\d+(?:\\.\\d+)?)`).exec(message);
    return match ? Number(match[1]) : undefined;
  };
  const [, ...words] = /(input |output )?(tokens|requests) per (minute|day)/i.exec(message) ?? [];
  const spelt = words.length > 0 ? `${words[0]?.[0] ?? ''}${words[1]![0]}P${words[2]![0]}`.toUpperCase() : undefined;
  const window = /\(([IORT]{1,2}P[MD]|AS[HD])\)/.exec(message)?.[1] ?? spelt;
  return { limit: number('Limit'), used: number('Used'), requested: number('Requested'), window };
}

/** The first characters of a body, fit for an error. */
export function beginningOf(body: string, clean: (text: string) => string = redact, longest = 500): string {
  // Cut only when it is clean: half a key looks like none.
  return clean(body.slice(0, mostLookedAt)).slice(0, longest);
}

/** Characters of a body: what is beyond them does not come into sight, whatever is taken out before. */
const mostLookedAt = 8000;

function cleaned(error: ErrorBody, clean: (text: string) => string): unknown {
  const text = JSON.stringify(error, (name, value) => {
    if (typeof value !== 'string') return value;
    // What the model wrote, and may quote: it is there to be mended.
    return name === 'failed_generation' ? redact(value) : clean(value);
  });
  return JSON.parse(text);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? redact(`${value}`) : undefined;
}

/** The beginning of a text that is no JSON (a proxy's HTML page, say), on one line. */
function shorten(body: string): string {
  return body
    .replace(/(<[^>]*>|\s)+/g, ' ')
    .trim()
    .slice(0, 200);
}

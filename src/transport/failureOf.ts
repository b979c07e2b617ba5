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

const windowNames: readonly [RegExp, string][] = [
  [/\(([IO]?TPM|RPM|RPD|TPD|ASH|ASD)\)/, ''],
  [/input tokens per minute/i, 'ITPM'],
  [/output tokens per minute/i, 'OTPM'],
  [/requests per minute/i, 'RPM'],
  [/requests per day/i, 'RPD'],
  [/tokens per minute/i, 'TPM'],
  [/tokens per day/i, 'TPD'],
];

/**
 * An error response as a typed error. Status alone does not tell: an impossible request comes as 413, 429 or 400, so the words decide
 * ("Request too large", or Requested above Limit); texts as recorded from Groq in 2026.
 */
export function failureOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  context: { readonly model: string; readonly wallNow: () => number; readonly advice?: string | undefined },
): ChatFailure {
  const error = errorIn(body);
  const said = redact(typeof error?.message === 'string' ? error.message : shorten(body));
  const code = text(error?.code);
  const { model } = context;
  const requestId = headers['x-request-id'];
  const figures = figuresIn(said);
  const tooLarge =
    /request too large/i.test(said) ||
    (figures.requested !== undefined && figures.limit !== undefined && figures.requested > figures.limit);
  if (tooLarge && (status === 413 || status === 429 || status === 400)) {
    return new RequestTooLargeError(`${model}: ${said}`, { model, requestId, ...definedOf(figures) });
  }
  if (status === 429) {
    const retryAfterMs = retryAfter(headers, said, context.wallNow);
    const when = retryAfterMs === undefined ? 'later' : `in ${retryAfterMs} ms`;
    const told = /try again/i.test(said)
      ? said
      : sentences(said || 'refused with 429', `Send the request again ${when}.`);
    return new RateLimitError(`${model}: ${told}`, {
      model,
      requestId,
      retryAfterMs,
      ...definedOf(figures),
    });
  }
  if (status === 401 || (status === 403 && code === undefined)) {
    return new AuthenticationError(
      `${model}: the server does not accept the API key (${status}${said ? `: ${said}` : ''}). Check api_key in the config or $GROQ_API_KEY.`,
      { model, requestId, status, code },
    );
  }
  if (status === 403) {
    return new AuthenticationError(`${model}: ${said}`, { model, requestId, status, code });
  }
  const nextStep = context.advice ?? nextStepAfter(status, code);
  return new ApiError(`${model}: ${sentences(`${status} ${said || 'without a message'}`, nextStep)}`, {
    model,
    requestId,
    status,
    code,
    body: error ? redacted(error) : shorten(redact(body)),
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

function figuresIn(message: string): { limit?: number; used?: number; requested?: number; window?: string } {
  const number = (name: string) => {
    const match = new RegExp(`\\b${name} ~?(\\d+(?:\\.\\d+)?)`).exec(message);
    return match ? Number(match[1]) : undefined;
  };
  const [pattern, name] = windowNames.find(([form]) => form.test(message)) ?? [];
  const window = pattern && (name || pattern.exec(message)![1]);
  return definedOf({ limit: number('Limit'), used: number('Used'), requested: number('Requested'), window });
}

function definedOf<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

function redacted(error: ErrorBody): unknown {
  return JSON.parse(redact(JSON.stringify(error)));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}

/** The beginning of a text that is no JSON (a proxy's HTML page, say), on one line. */
function shorten(body: string): string {
  const line = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

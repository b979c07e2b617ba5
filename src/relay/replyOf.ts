import type { ApiError, ChatFailure } from '../errors/index.js';

/** An error as the API words its own. */
export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: ErrorObject };
}

export interface ErrorObject {
  readonly message: string;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
}

/**
 * A failure as the response that an SDK of the API understands. Nothing in it tells keys, prompts, organizations, or how and where the
 * server behind is reached.
 */
export function replyOf(failure: ChatFailure): ErrorReply {
  const { message, kind } = failure;
  switch (kind) {
    case 'request_invalid':
      return failure.field === 'model' && failure.model !== undefined
        ? reply(404, { message, type: invalid, code: 'model_not_found', param: 'model' })
        : reply(400, { message, type: invalid, param: failure.field });
    case 'request_too_large':
      return reply(413, { message, type: invalid, code: kind });
    case 'budget_exceeded':
      return reply(429, { message, type: 'insufficient_quota', code: kind });
    case 'queue_full':
    case 'queue_timeout':
    case 'closed':
    case 'abort':
      return reply(503, { message, type: 'overloaded_error', code: kind });
    case 'quota_unavailable':
      return retried(503, { message: 'The quota can not be counted.', type: 'overloaded_error', code: kind });
    case 'rate_limit':
      return retried(429, { message, type: 'rate_limit_error', code: 'rate_limit_exceeded' }, failure.retryAfterMs);
    case 'api':
      return replyOfApi(failure);
    case 'config':
      return retried(500, { message, type: faulty, code: 'config_error' });
    case 'authentication':
      return retried(502, { message: 'The server behind refuses to serve.', type: faulty, code: 'upstream_refused' });
    case 'stream_timeout':
      return retried(504, { message: 'The server behind is too slow.', type: faulty, code: 'upstream_timeout' });
    case 'connection':
      return retried(502, { message: 'The server behind is not there.', type: faulty, code: 'upstream_unreachable' });
    default:
      return retried(502, { message, type: faulty, code: 'upstream_broken' });
  }
}

const invalid = 'invalid_request_error';
const faulty = 'server_error';

/** The server's own error object, where it has sent one. */
function replyOfApi({ status = 502, code, body, message, retryAfterMs }: ApiError): ErrorReply {
  if (status >= 300 && status < 400) {
    return retried(502, {
      message: 'The server behind redirects elsewhere.',
      type: faulty,
      code: 'upstream_redirects',
    });
  }
  const type = status >= 400 && status < 500 ? invalid : faulty;
  const own = typeof body === 'object' && body !== null ? body : {};
  // Below 400: an error inside of a 200, before anything of it was handed on.
  return retried(status < 400 ? 502 : status, { message, type, code, ...own }, retryAfterMs);
}

type Words = { readonly [Name in keyof ErrorObject]?: ErrorObject[Name] | undefined } & Pick<
  ErrorObject,
  'message' | 'type'
>;

function reply(status: number, words: Words, headers: Readonly<Record<string, string>> = {}): ErrorReply {
  return { status, headers, body: { error: { ...words, code: words.code ?? null, param: words.param ?? null } } };
}

/** What may be tried again has been: the official SDKs obey this header, so that retries never multiply. */
function retried(status: number, words: Words, waitMs?: number): ErrorReply {
  const wait: Record<string, string> =
    waitMs === undefined
      ? {}
      : { 'retry-after': String(Math.ceil(waitMs / 1000)), 'retry-after-ms': String(Math.ceil(waitMs)) };
  return reply(status, words, { ...wait, 'x-should-retry': 'false' });
}

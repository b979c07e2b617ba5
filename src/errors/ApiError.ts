import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The server answered with an error that is not about keys or rate limits. */
export class ApiError extends ChatError {
  override readonly kind = 'api' as const;
  override readonly name = 'ApiError';
  /** HTTP status; for an error inside a stream the one it names, else the 200 it came with. */
  readonly status: number | undefined;
  /** The API's own code, for instance `model_not_found`. */
  readonly code: string | undefined;
  /** The error object of the answer (or its text, shortened, where it is no JSON). Keys and organization ids are redacted. */
  readonly body: unknown;
  /** ms the server asked to wait before another attempt, if it did. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: ChatErrorDetails & {
      status?: number | undefined;
      code?: string | undefined;
      body?: unknown;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super(message, details);
    this.status = details.status;
    this.code = details.code;
    this.body = details.body;
    this.retryAfterMs = details.retryAfterMs;
  }
}

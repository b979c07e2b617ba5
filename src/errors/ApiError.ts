import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The server answered with an error that is not about keys or rate limits. */
export class ApiError extends ChatError {
  override readonly kind = 'api' as const;
  override readonly name = 'ApiError';
  /** The API's own code, for instance `model_not_found`. */
  readonly code: string | undefined;
  /** ms the server asked to wait before another attempt, if it did. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: ChatErrorDetails & {
      code?: string | undefined;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super(message, details);
    this.code = details.code;
    this.retryAfterMs = details.retryAfterMs;
  }
}

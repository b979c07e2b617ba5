import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The request can never go: it costs more than a whole window, or more than the model's context holds. */
export class RequestTooLargeError extends ChatError {
  override readonly kind = 'request_too_large' as const;
  override readonly name = 'RequestTooLargeError';
  /** What the request needs, in units of the window (or tokens of context). */
  readonly requested: number | undefined;
  /** What there is at most. */
  readonly limit: number | undefined;
  /** Which limit: a window's name such as `tokens per 1m`, or `context window`. */
  readonly window: string | undefined;

  constructor(
    message: string,
    details: ChatErrorDetails & {
      requested?: number | undefined;
      limit?: number | undefined;
      window?: string | undefined;
    } = {},
  ) {
    super(message, details);
    this.requested = details.requested;
    this.limit = details.limit;
    this.window = details.window;
  }
}

import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** What a refusal says about the limit that was hit, as far as it says it. */
export interface RateLimitDetails extends ChatErrorDetails {
  /** ms to wait before this request can succeed; the message's own figure wins over the header's whole seconds. */
  retryAfterMs?: number | undefined;
  limit?: number | undefined;
  used?: number | undefined;
  requested?: number | undefined;
  /** Which window refused, in the server's abbreviation: RPM, RPD, TPM, TPD, ITPM, OTPM. */
  window?: string | undefined;
}

/** The server refused with 429: over a rate limit. Inside `rateWindowMap`, failing with one sends a value back to its place. */
export class RateLimitError extends ChatError {
  override readonly kind = 'rate_limit' as const;
  override readonly name = 'RateLimitError';
  readonly retryAfterMs: number | undefined;
  readonly limit: number | undefined;
  readonly used: number | undefined;
  readonly requested: number | undefined;
  readonly window: string | undefined;

  constructor(message: string, details: RateLimitDetails = {}) {
    super(message, { retryable: true, ...details });
    this.retryAfterMs = details.retryAfterMs;
    this.limit = details.limit;
    this.used = details.used;
    this.requested = details.requested;
    this.window = details.window;
  }
}

import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The request waited in line for as long as its `queueTimeout` allows, and was never sent. */
export class QueueTimeoutError extends ChatError {
  override readonly kind = 'queue_timeout' as const;
  override readonly name = 'QueueTimeoutError';
  /** ms */
  readonly waitedMs: number | undefined;

  constructor(message: string, details: ChatErrorDetails & { waitedMs?: number } = {}) {
    super(message, { retryable: true, ...details });
    this.waitedMs = details.waitedMs;
  }
}

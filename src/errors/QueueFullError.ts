import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The line already holds `maxQueue` requests. */
export class QueueFullError extends ChatError {
  override readonly kind = 'queue_full' as const;
  override readonly name = 'QueueFullError';
  readonly maxQueue: number | undefined;

  constructor(message: string, details: ChatErrorDetails & { maxQueue?: number } = {}) {
    super(message, { retryable: true, ...details });
    this.maxQueue = details.maxQueue;
  }
}

import type { ChatChunk } from '../answer/index.js';
import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The stream ended, or stopped making sense, before every choice had its finish reason. `received` holds what came. */
export class StreamBrokenError extends ChatError {
  override readonly kind = 'stream_broken' as const;
  override readonly name = 'StreamBrokenError';
  /** Chunks received before it broke, in order. */
  readonly received: readonly ChatChunk[];

  constructor(message: string, details: ChatErrorDetails & { received?: readonly ChatChunk[] } = {}) {
    super(message, { retryable: true, ...details });
    this.received = details.received ?? [];
    // Chunks are the model's words, not the caller's; still they make a log unreadable.
    Object.defineProperty(this, 'received', { enumerable: false });
  }
}

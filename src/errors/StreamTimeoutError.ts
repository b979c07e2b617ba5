import type { ChatChunk } from '../answer/index.js';
import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** One of the four timeouts ran out; `phase` names which. */
export class StreamTimeoutError extends ChatError {
  override readonly kind = 'stream_timeout' as const;
  override readonly name = 'StreamTimeoutError';
  readonly phase: 'connect' | 'head' | 'idle' | 'total' | undefined;
  /** ms that were allowed */
  readonly timeoutMs: number | undefined;
  /** Chunks received before it, in order. */
  readonly received: readonly ChatChunk[];

  constructor(
    message: string,
    details: ChatErrorDetails & {
      phase?: 'connect' | 'head' | 'idle' | 'total';
      timeoutMs?: number;
      received?: readonly ChatChunk[];
    } = {},
  ) {
    super(message, { retryable: true, ...details });
    this.phase = details.phase;
    this.timeoutMs = details.timeoutMs;
    this.received = details.received ?? [];
    // Chunks are the model's words, not the caller's; still they make a log unreadable.
    Object.defineProperty(this, 'received', { enumerable: false });
  }
}

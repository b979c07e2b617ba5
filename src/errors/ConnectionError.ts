import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** No answer: name not found, refused, TLS failed, or the connection ended before the response's head. */
export class ConnectionError extends ChatError {
  override readonly kind = 'connection' as const;
  override readonly name = 'ConnectionError';
  /** The system's code, for instance ECONNREFUSED. */
  readonly code: string | undefined;

  constructor(message: string, details: ChatErrorDetails & { code?: string | undefined } = {}) {
    super(message, { retryable: true, ...details });
    this.code = details.code;
  }
}

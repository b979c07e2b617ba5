import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The server does not take the API key (401), or the key may not use this model or service (403). */
export class AuthenticationError extends ChatError {
  override readonly kind = 'authentication' as const;
  override readonly name = 'AuthenticationError';
  readonly code: string | undefined;

  constructor(message: string, details: ChatErrorDetails & { code?: string | undefined } = {}) {
    super(message, details);
    this.code = details.code;
  }
}

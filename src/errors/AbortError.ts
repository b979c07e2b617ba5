import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The request's own `signal` was aborted; `cause` is the signal's reason. Its name is that of a DOMException for the same. */
export class AbortError extends ChatError {
  override readonly kind = 'abort' as const;
  override readonly name = 'AbortError';

  constructor(
    message = "The request was cancelled by its signal. See error.cause for the signal's reason.",
    details: ChatErrorDetails = {},
  ) {
    super(message, details);
  }
}

import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The client was closed before the request could end. */
export class ClosedError extends ChatError {
  override readonly kind = 'closed' as const;
  override readonly name = 'ClosedError';

  constructor(
    message = 'The client is closed. Make a new one with createChatClient().',
    details: ChatErrorDetails = {},
  ) {
    super(message, details);
  }
}

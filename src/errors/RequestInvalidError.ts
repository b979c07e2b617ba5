import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The request can't be sent as it is; nothing was. `field` names the place, for instance `messages[0].role`. */
export class RequestInvalidError extends ChatError {
  override readonly kind = 'request_invalid' as const;
  override readonly name = 'RequestInvalidError';
  readonly field: string | undefined;

  constructor(message: string, details: ChatErrorDetails & { field?: string | undefined } = {}) {
    super(message, details);
    this.field = details.field;
  }
}

import type { AbortError } from './AbortError.js';
import type { AnswerInvalidError } from './AnswerInvalidError.js';
import type { ApiError } from './ApiError.js';
import type { AuthenticationError } from './AuthenticationError.js';
import type { BudgetExceededError } from './BudgetExceededError.js';
import { isBranded } from './ChatError.js';
import type { ClosedError } from './ClosedError.js';
import type { ConfigError } from './ConfigError.js';
import type { ConnectionError } from './ConnectionError.js';
import type { QueueFullError } from './QueueFullError.js';
import type { QueueTimeoutError } from './QueueTimeoutError.js';
import type { QuotaUnavailableError } from './QuotaUnavailableError.js';
import type { RateLimitError } from './RateLimitError.js';
import type { RequestInvalidError } from './RequestInvalidError.js';
import type { RequestTooLargeError } from './RequestTooLargeError.js';
import type { StreamBrokenError } from './StreamBrokenError.js';
import type { StreamTimeoutError } from './StreamTimeoutError.js';

export * from './AbortError.js';
export * from './AnswerInvalidError.js';
export * from './ApiError.js';
export * from './AuthenticationError.js';
export * from './BudgetExceededError.js';
export { ChatError, type ChatErrorDetails } from './ChatError.js';
export * from './ClosedError.js';
export * from './ConfigError.js';
export * from './ConnectionError.js';
export * from './QueueFullError.js';
export * from './QueueTimeoutError.js';
export * from './QuotaUnavailableError.js';
export * from './RateLimitError.js';
export * from './RequestInvalidError.js';
export * from './RequestTooLargeError.js';
export * from './StreamBrokenError.js';
export * from './StreamTimeoutError.js';

/** Every way in which a request can fail; `kind` tells them apart and narrows. */
export type ChatFailure =
  | AbortError
  | AnswerInvalidError
  | ApiError
  | AuthenticationError
  | BudgetExceededError
  | ClosedError
  | ConfigError
  | ConnectionError
  | QueueFullError
  | QueueTimeoutError
  | QuotaUnavailableError
  | RateLimitError
  | RequestInvalidError
  | RequestTooLargeError
  | StreamBrokenError
  | StreamTimeoutError;

/** True for every error of this library, also of another copy of it in the same program. */
export function isChatError(error: unknown): error is ChatFailure {
  return isBranded(error);
}

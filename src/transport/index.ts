export { ownTransport } from '#ownTransport';
export type { ClosableTransport } from './ClosableTransport.js';
export type { ConnectionOptions, UndiciDispatcher } from './ConnectionOptions.js';
export { beginningOf, errorIn, type FailureContext, failureOf, isTransient } from './failureOf.js';
export {
  placeComment,
  placeHeaders,
  placeInComment,
  placeInHeaders,
  type QueuePlace,
  sentComment,
} from './queuePlace.js';
export { type Dialect, reportOf, reportsIn } from './quotaReports.js';
export { redact } from './redact.js';
export { redactorFor } from './redactorFor.js';
export { parseDuration, retryAfter } from './retryAfter.js';
export { type Interceptor, isHead, type ResponseHead, type Transport, type TransportRequest } from './Transport.js';

export { ownTransport } from '#ownTransport';
export type { ClosableTransport } from './ClosableTransport.js';
export { errorIn, failureOf, isTransient } from './failureOf.js';
export { type Dialect, reportOf, reportsIn } from './quotaReports.js';
export { redact } from './redact.js';
export { parseDuration, retryAfter } from './retryAfter.js';
export { isHead, type ResponseHead, type Transport, type TransportRequest } from './Transport.js';

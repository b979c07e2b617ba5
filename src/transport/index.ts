export { errorIn, failureOf, isTransient } from './failureOf.js';
export { type Dialect, reportOf, reportsIn } from './quotaReports.js';
export { parseDuration, retryAfter } from './retryAfter.js';
export { isHead, type ResponseHead, type Transport, type TransportRequest } from './Transport.js';
export { type ClosableTransport, undiciTransport } from './undiciTransport.js';

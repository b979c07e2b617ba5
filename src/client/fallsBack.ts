import type { ChatFailure } from '../errors/index.js';

/** Whether another model may succeed where one has failed like this: the fault is the model's or its server's, not the request's. */
export function fallsBack(failure: ChatFailure): boolean {
  switch (failure.kind) {
    case 'rate_limit':
    case 'request_too_large':
    case 'stream_broken':
    case 'stream_timeout':
      return true;
    case 'connection':
      return failure.retryable;
    case 'authentication':
      return failure.status === 403 && /^model_permission/.test(failure.code ?? '');
    case 'api':
      // Below 400: an error that was told inside the stream, without a status of its own.
      return (
        failure.retryable ||
        failure.status === 413 ||
        (failure.status ?? 0) < 400 ||
        /^model_(decommissioned|not_found)$/.test(failure.code ?? '')
      );
    default:
      return false;
  }
}

/** Whether a failure says that the server is down, for the circuit breaker. */
export function isOutage(failure: ChatFailure): boolean {
  switch (failure.kind) {
    case 'connection':
    case 'stream_broken':
    case 'stream_timeout':
      return true;
    case 'api':
      return (failure.status ?? 0) >= 500;
    default:
      return false;
  }
}

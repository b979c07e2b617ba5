import {
  AbortError,
  ApiError,
  AuthenticationError,
  BudgetExceededError,
  type ChatFailure,
  ClosedError,
  ConfigError,
  ConnectionError,
  QueueFullError,
  QueueTimeoutError,
  QuotaUnavailableError,
  RateLimitError,
  RequestInvalidError,
  RequestTooLargeError,
  StreamBrokenError,
  StreamTimeoutError,
} from 'rx-groq';
import { expect, it } from 'vitest';
import { replyOf } from '../../src/relay/replyOf.js';

const said = 'what was wrong';
const own = { message: said, type: 'of_its_own', code: 'its_code', failed_generation: 'text' };

/** Failure, status, type, code, whether an SDK may try again. */
const rows: readonly (readonly [ChatFailure, number, string, string | null, boolean])[] = [
  [new RequestInvalidError(said, { field: 'messages' }), 400, 'invalid_request_error', null, true],
  [
    new RequestInvalidError(said, { field: 'model', model: 'x' }),
    404,
    'invalid_request_error',
    'model_not_found',
    true,
  ],
  [new RequestTooLargeError(said), 413, 'invalid_request_error', 'request_too_large', true],
  [new BudgetExceededError(said), 429, 'insufficient_quota', 'budget_exceeded', true],
  [new QueueFullError(said), 503, 'overloaded_error', 'queue_full', true],
  [new QueueTimeoutError(said), 503, 'overloaded_error', 'queue_timeout', true],
  [new AbortError(said), 503, 'overloaded_error', 'abort', true],
  [new ClosedError(said), 503, 'overloaded_error', 'closed', true],
  [new RateLimitError(said), 429, 'rate_limit_error', 'rate_limit_exceeded', false],
  [new ApiError(said, { status: 422 }), 422, 'invalid_request_error', null, false],
  [new ApiError(said, { status: 503, code: 'x' }), 503, 'server_error', 'x', false],
  [new ApiError(said, { status: 200 }), 502, 'server_error', null, false],
  [new ApiError('other words', { status: 400, body: own }), 400, 'of_its_own', 'its_code', false],
  [new ConfigError(said), 500, 'server_error', 'config_error', false],
  [new StreamBrokenError(said), 502, 'server_error', 'upstream_broken', false],
];

it.each(rows)('%s is %i %s %s', (failure, status, type, code, mayRetry) => {
  const { headers, ...reply } = replyOf(failure);
  expect(reply).toMatchObject({ status, body: { error: { message: said, type, code } } });
  expect(headers['x-should-retry']).toBe(mayRetry ? undefined : 'false');
});

it.each([
  [new AuthenticationError('the key gsk_… is wrong', { status: 401 }), 502, 'upstream_refused'],
  [new ConnectionError('http://10.0.0.1:8000 failed'), 502, 'upstream_unreachable'],
  [new StreamTimeoutError('http://10.0.0.1:8000 is slow'), 504, 'upstream_timeout'],
  [new ApiError('http://10.0.0.1:8000 redirects', { status: 307 }), 502, 'upstream_redirects'],
] as const)('%s does not tell how the server behind is reached', (failure, status, code) => {
  const { body, ...reply } = replyOf(failure);
  expect(reply).toMatchObject({ status, headers: { 'x-should-retry': 'false' } });
  expect(body.error).toMatchObject({ type: 'server_error', code });
  expect(body.error.message).not.toMatch(/gsk|10\.0\.0\.1/);
});

it('tells how long to wait, in the two ways that SDKs understand', () => {
  const { headers } = replyOf(new RateLimitError(said, { retryAfterMs: 1234.5 }));
  expect(headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1235' });
});

it('does not tell where the quota is counted', () => {
  const { status, body, headers } = replyOf(
    new QuotaUnavailableError('10.0.0.1 is read-only', { reason: 'read_only' }),
  );
  expect(status).toBe(503);
  expect(body.error).toMatchObject({ code: 'quota_unavailable', message: 'The quota can not be counted.' });
  expect(headers).toMatchObject({ 'x-should-retry': 'false' });
});

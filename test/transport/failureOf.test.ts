import { describe, expect, test } from 'vitest';
import { failureOf, redactorFor } from '../../src/transport/index.js';

/* Statuses and texts as recorded from Groq: what each becomes, and whether it helps to send it again. */

const limit = 'Rate limit reached for model `m` in organization `org_01abc` service tier `on_demand` on';
const upgrade = 'Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing';

const rows: readonly { name: string; status: number; message?: string; code?: string; gets: object }[] = [
  {
    name: 'RPM',
    status: 429,
    message: `${limit} requests per minute (RPM): Limit 30, Used 30, Requested 1. Please try again in 2s. ${upgrade}`,
    gets: { kind: 'rate_limit', window: 'RPM', limit: 30, used: 30, requested: 1, retryAfterMs: 2000, retryable: true },
  },
  {
    name: 'TPM',
    status: 429,
    message: `${limit} tokens per minute (TPM): Limit 6000, Used 5034, Requested 1443. Please try again in 4.77s. ${upgrade}`,
    gets: { kind: 'rate_limit', window: 'TPM', limit: 6000, used: 5034, requested: 1443, retryAfterMs: 4770 },
  },
  {
    name: 'TPD, whose `today` belongs to the advertisement',
    status: 429,
    message: `${limit} tokens per day (TPD): Limit 100000, Used 97050, Requested 3619. Please try again in 9m38.016s. ${upgrade}`,
    gets: { kind: 'rate_limit', window: 'TPD', retryAfterMs: 578_016 },
  },
  {
    name: 'ITPM',
    status: 429,
    message: `${limit} input tokens per minute (ITPM): Limit 7000, Used 3911, Requested 4415. Please try again in 11.365714285s.`,
    gets: { kind: 'rate_limit', window: 'ITPM', requested: 4415, retryAfterMs: 11_366 },
  },
  {
    name: 'a used count above the limit',
    status: 429,
    message: `${limit} tokens per day (TPD): Limit 500000, Used 500370, Requested 30. Please try again in 1m9s.`,
    gets: { kind: 'rate_limit', used: 500_370 },
  },
  {
    name: 'an old text with ~ and without a kind',
    status: 429,
    message: `${limit} : Limit 500000, Used 499000, Requested ~12903. Please try again in 33m20s.`,
    gets: { kind: 'rate_limit', requested: 12_903, limit: 500_000, window: undefined },
  },
  {
    name: 'impossible, as 413',
    status: 413,
    message: `Request too large for model \`m\` on tokens per minute (TPM): Limit 6000, Requested 14810, please reduce your message size and try again. ${upgrade}`,
    gets: { kind: 'request_too_large', window: 'TPM', limit: 6000, requested: 14_810, retryable: false },
  },
  {
    name: 'impossible, as 429',
    status: 429,
    message:
      'Request too large for model `m` on output tokens per minute (OTPM): Limit 1000, Requested 1240. Reduce max_tokens.',
    gets: { kind: 'request_too_large', window: 'OTPM', retryable: false },
  },
  {
    name: 'impossible, as 400',
    status: 400,
    message: 'Request too large: Limit 6000, Requested 9000',
    gets: { kind: 'request_too_large' },
  },
  {
    name: 'impossible before November 2024: a finite wait that never helps',
    status: 429,
    message: `${limit} tokens per minute (TPM): Limit 6000, Used 0, Requested 7000. Please try again in 10s.`,
    gets: { kind: 'request_too_large', requested: 7000, limit: 6000 },
  },
  { name: 'a wrong key', status: 401, code: 'invalid_api_key', gets: { kind: 'authentication', retryable: false } },
  {
    name: 'a blocked model',
    status: 403,
    code: 'model_permission_blocked_org',
    gets: { kind: 'authentication', status: 403 },
  },
  {
    name: 'a model that is gone',
    status: 404,
    code: 'model_not_found',
    gets: { kind: 'api', status: 404, retryable: false },
  },
  {
    name: 'a retired model',
    status: 400,
    code: 'model_decommissioned',
    gets: { kind: 'api', code: 'model_decommissioned', retryable: false },
  },
  {
    name: 'a failed generation',
    status: 400,
    code: 'json_validate_failed',
    gets: { kind: 'api', code: 'json_validate_failed' },
  },
  ...[408, 409, 498, 500, 502, 503, 504, 520, 530].map(status => ({
    name: `${status}, a fault of the moment`,
    status,
    gets: { kind: 'api', status, retryable: true },
  })),
  ...[400, 402, 405, 422, 424, 499].map(status => ({
    name: `${status}, which another attempt does not change`,
    status,
    gets: { kind: 'api', status, retryable: false },
  })),
];

test.each(rows)('$name', ({ status, message = 'Something', code, gets }) => {
  const body = JSON.stringify({ error: { message, type: 'x', code, failed_generation: '{"half' } });
  const failure = failureOf(status, { 'x-request-id': 'req_1' }, body, { model: 'm', wallNow: () => 0 });
  expect(failure).toMatchObject({ ...gets, model: 'm', requestId: 'req_1' });
  expect(failure.message).toMatch(/^m: /);
  expect(failure.message).not.toContain('org_01abc');
  if (failure.kind === 'api') expect(failure.body).toMatchObject({ failed_generation: '{"half' });
});

describe('a body that is no JSON', () => {
  test('is shortened to one line of text', () => {
    const page = `<html>\n<body><h1>Bad gateway</h1>${'<p>x</p>'.repeat(500)}</body></html>`;
    const failure = failureOf(502, {}, page, { model: 'm', wallNow: () => 0 });
    expect(failure.message).toMatch(/^m: 502 Bad gateway x x/);
    expect(failure.message.length).toBeLessThan(400);
  });

  test.each([190, 200, 495, 7995])('is cut only when it is clean: no half of a key at %d', at => {
    const key = 'abcdef0123456789abcdef0123456789'; // of no known form
    const clean = redactorFor({ url: '', method: 'POST', headers: { 'api-key': key } });
    const failure = failureOf(502, {}, `${'x '.repeat(at / 2)}${key}`, { model: 'm', wallNow: () => 0, clean });
    for (const shown of [failure.message, failure.body]) expect(shown).not.toContain('abcd');
  });

  test('or is said to be missing', () => {
    expect(failureOf(500, {}, '', { model: 'm', wallNow: () => 0 }).message).toMatch(
      /500 without a message\. .*again later/,
    );
  });
});

test('what the client knows better than the server is said in place of the usual advice', () => {
  const advice = 'Groq has retired it; "n" takes its place.';
  const { message } = failureOf(404, {}, '{"error":{"message":"gone"}}', { model: 'm', wallNow: () => 0, advice });
  expect(message).toBe('m: 404 gone. Groq has retired it; "n" takes its place.');
});

test('a key as the code of an error does not show', () => {
  const body = '{"error":{"message":"no such key","code":"gsk_veryS3cretVeryS3cret"}}';
  for (const status of [401, 400]) {
    expect(failureOf(status, {}, body, { model: 'm', wallNow: () => 0 })).toMatchObject({ code: 'gsk_…' });
  }
});

import { describe, expect, it } from 'vitest';
import { goDuration, limitHeaders, retryAfterSeconds } from '../../src/simulator/headers.js';

describe('goDuration prints what Go prints', () => {
  it.each([
    [0, '0s'],
    [0.000001, '1ns'],
    [0.0015, '1.5µs'],
    [1, '1ms'],
    [335, '335ms'],
    [600, '600ms'],
    [999.5, '999.5ms'],
    [1000, '1s'],
    [4770, '4.77s'],
    [11_365.714285, '11.365714285s'],
    [17_099.999999, '17.099999999s'],
    [60_000, '1m0s'],
    [86_400, '1m26.4s'],
    [179_560, '2m59.56s'],
    [578_016, '9m38.016s'],
    [3_600_000, '1h0m0s'],
    [21_600_000, '6h0m0s'],
    [86_400_000, '24h0m0s'],
  ])('%s ms: %s', (ms, text) => {
    expect(goDuration(ms)).toBe(text);
  });
});

describe('the limit headers', () => {
  const window = { per: 60_000, peak: 0 };

  it('are the requests of the day and the tokens of the minute, and nothing of the other windows', () => {
    expect(
      limitHeaders([
        { ...window, kind: 'rpm', limit: 30, used: 1, untilFull: 2000 },
        { ...window, kind: 'rpd', limit: 1000, used: 1, untilFull: 86_400 },
        { ...window, kind: 'tpm', limit: 8000, used: 80, untilFull: 600 },
        { ...window, kind: 'tpd', limit: 200_000, used: 80, untilFull: 34_560 },
      ]),
    ).toEqual({
      'x-ratelimit-limit-requests': '1000',
      'x-ratelimit-remaining-requests': '999',
      'x-ratelimit-reset-requests': '1m26.4s',
      'x-ratelimit-limit-tokens': '8000',
      'x-ratelimit-remaining-tokens': '7920',
      'x-ratelimit-reset-tokens': '600ms',
    });
  });

  it('never promise a fraction of a request, nor less than nothing', () => {
    const remaining = (used: number): string | undefined =>
      limitHeaders([{ ...window, kind: 'rpd', limit: 10, used, untilFull: 1 }])['x-ratelimit-remaining-requests'];
    expect([0.1, 1.000000001, 9.5, 12].map(remaining)).toEqual(['9', '9', '0', '0']);
  });

  it('say retry-after in whole seconds, rounded up', () => {
    expect([1, 999, 1000, 1001, 4770].map(retryAfterSeconds)).toEqual(['1', '1', '1', '2', '5']);
  });
});

import { describe, expect, test } from 'vitest';
import { parseDuration, retryAfter } from '../../src/transport/index.js';

describe('a duration as Go prints it', () => {
  test.each([
    ['6h0m0s', 21_600_000],
    ['2m59.56s', 179_560],
    ['1m26.4s', 86_400],
    ['7m12s', 432_000],
    ['7.66s', 7660],
    ['335ms', 335],
    ['1ms', 1],
    ['17.099999999s', 17_099.999999],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['0s', 0],
    ['2', 2000],
    [' 2.5 ', 2500],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBeCloseTo(ms, 6));

  test.each(['', 's', '1 s', '-1s', '1m2', 'soon', '1d', '1s later', 'NaN', 'Infinity'])('%j is none', text => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('how long the server asks to wait', () => {
  const now = Date.UTC(2026, 10, 24, 12, 0, 0);
  const told = 'Rate limit reached … Please try again in 7m12s. Need more tokens? Upgrade to Dev Tier today';
  test.each([
    { name: 'its text', headers: {}, message: told, ms: 432_000 },
    {
      name: 'its text before its headers',
      headers: { 'retry-after': '1', 'retry-after-ms': '2' },
      message: told,
      ms: 432_000,
    },
    { name: 'nanoseconds, rounded up', headers: {}, message: 'try again in 11.365714285s.', ms: 11_366 },
    {
      name: 'retry-after-ms before retry-after',
      headers: { 'retry-after': '1', 'retry-after-ms': '1500' },
      message: '',
      ms: 1500,
    },
    { name: 'seconds', headers: { 'retry-after': '17' }, message: 'today', ms: 17_000 },
    { name: 'the first of two, a proxy’s and the server’s', headers: { 'retry-after': '5, 7' }, message: '', ms: 5000 },
    { name: 'a date', headers: { 'retry-after': 'Tue, 24 Nov 2026 12:01:30 GMT' }, message: '', ms: 90_000 },
    { name: 'a date gone by', headers: { 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }, message: '', ms: 0 },
    { name: 'neither', headers: {}, message: 'later, please', ms: undefined },
    { name: 'nonsense', headers: { 'retry-after': 'soon', 'retry-after-ms': '-3' }, message: '', ms: undefined },
  ])('$name', ({ headers, message, ms }) => {
    expect(retryAfter(headers as Record<string, string>, message, () => now)).toBe(ms);
  });
});

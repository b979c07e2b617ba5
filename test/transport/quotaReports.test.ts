import { describe, expect, test } from 'vitest';
import type { QuotaReport } from '../../src/limits/index.js';
import { type Counting, createCounter } from '../../src/simulator/counting.js';
import { refused } from '../../src/simulator/errors.js';
import type { WindowKind } from '../../src/simulator/ledger.js';
import { failureOf } from '../../src/transport/failureOf.js';
import { reportOf } from '../../src/transport/quotaReports.js';

const minute = 60_000;
const windows: readonly [WindowKind, number, number, number][] = [
  // limit, per, and what each request takes of it
  ['rpm', 30, minute, 1],
  ['rpd', 1000, 1440 * minute, 1],
  ['tpm', 6000, minute, 470],
  ['tpd', 100_000, 1440 * minute, 470],
  ['itpm', 7000, minute, 330],
  ['otpm', 1000, minute, 90],
];

/** What its text says of the first request that a server has no room for, where one comes each `every` ms (of its own minutes) from `begin` on. */
function firstRefusal(
  counting: Counting,
  [window, limit, per, requested]: (typeof windows)[number],
  every: number,
  begin = 0,
  scale = 1,
): QuotaReport | undefined {
  const counter = createCounter(counting, limit, per / scale);
  let now = begin;
  for (; counter.waitFor(requested, now) === 0; now += every) counter.take(requested, now);
  const refusal = { window, limit, used: counter.used(now), requested, waitMs: counter.waitFor(requested, now) };
  const { status, body, headers = {} } = refused({ ...refusal, tooLarge: false }, 'm', 'on_demand');
  const failure = failureOf(status, headers, JSON.stringify(body), { model: 'm', wallNow: () => 0 });
  if (failure.kind !== 'rate_limit') throw new Error(failure.kind);
  return reportOf(failure, 'groq');
}

describe('what a refusal teaches of a window that nobody has told', () => {
  test.each(windows)('%s of a bucket: all of it', (...window) => {
    const [, limit, per] = window;
    expect(firstRefusal('bucket', window, 1)).toMatchObject({ confirmed: true, kind: 'bucket', limit, per });
  });

  test.each((['sliding', 'fixed'] as const).flatMap(counting => windows.map(window => [counting, ...window] as const)))(
    '%s %s: that it slides',
    (counting, ...window) => {
      const [, limit, per] = window;
      expect(firstRefusal(counting, window, 1)).toMatchObject({ confirmed: true, kind: 'sliding', limit, per });
    },
  );

  test.each(['bucket', 'sliding', 'fixed'] as const)(
    'nothing where minutes are shorter than they are called: %s',
    counting => {
      expect(firstRefusal(counting, windows[0]!, 0, 0, 100)).toMatchObject({ confirmed: false });
    },
  );

  test('nothing where the wait is the rest of a window that began long ago: the next refusal comes at its beginning', () => {
    const window = windows[0]!;
    expect(firstRefusal('fixed', window, 0, 0.7 * minute)).toMatchObject({ confirmed: false });
    expect(firstRefusal('fixed', window, 0, minute)).toMatchObject({ confirmed: true, kind: 'sliding' });
  });
});

import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memoryQuota } from '../../src/pacing/index.js';
import type { View } from '../../src/pacing/view.js';
import { quotaContract } from './quotaContract.js';

describe('the memory quota', () =>
  quotaContract(() => {
    const quota = memoryQuota();
    return () => quota as never;
  }));

it('leaves its part of a window that others use, too, as it is, however far somebody looks ahead', () => {
  const counts = memoryQuota().open('m');
  const window = { unit: 'tokens', kind: 'sliding', limit: 100, per: 1000 } as const;
  counts.connect(of([window]), () => 0, { changed() {}, room() {}, error() {} });
  const refusal = { ...window, used: undefined, resetMs: 500, confirmed: true, refused: 10 };
  for (const now of [0, 100]) counts.hear(refusal, now, now);
  const { share } = counts.windows[0] as View;
  const before = share.part;
  expect(before).toBeLessThan(1);
  const ahead = counts.rehearsal(100);
  for (const now of [20_000, 60_000]) ahead.advance(now);
  expect((ahead.windows[0] as View).share.part).toBeGreaterThan(before);
  expect(share.part).toBe(before);
});

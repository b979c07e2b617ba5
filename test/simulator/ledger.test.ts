import { describe, expect, it } from 'vitest';
import { createLedger, type LedgerOptions, type Permit, type WindowKind } from '../../src/simulator/ledger.js';
import type { SimulatedLimits } from '../../src/simulator/models.js';

const bucket: LedgerOptions = { counting: 'bucket', countAt: 'head', refund: false, timeScale: 1 };

function ledgerOf(limits: SimulatedLimits, options: Partial<LedgerOptions> = {}) {
  const ledger = createLedger(limits, { ...bucket, ...options });
  return {
    ...ledger,
    take(input: number, output: number, now = 0): Permit {
      const verdict = ledger.admit({ input, output }, now);
      if ('refusal' in verdict) throw new Error(`refused by ${verdict.refusal.window}`);
      return verdict.permit;
    },
    refusal(input: number, output: number, now = 0) {
      const verdict = ledger.admit({ input, output }, now);
      return 'refusal' in verdict ? verdict.refusal : undefined;
    },
    used: (kind: WindowKind, now = 0) => ledger.windows(now).find(window => window.kind === kind)?.used,
  };
}

describe('a ledger', () => {
  it('counts a request in every window, each in its own unit', () => {
    const ledger = ledgerOf({ rpm: 30, rpd: 1000, tpm: 8000, tpd: 200_000, itpm: 7000, otpm: 1000 });
    ledger.take(100, 40);
    expect(ledger.windows(0).map(({ kind, used }) => [kind, used])).toEqual([
      ['rpm', 1],
      ['rpd', 1],
      ['tpm', 140],
      ['tpd', 140],
      ['itpm', 100],
      ['otpm', 40],
    ]);
  });

  it.each([
    ['rpm', { rpm: 1, tpm: 8000 }],
    ['rpd', { rpd: 1, tpm: 8000 }],
    ['tpm', { rpm: 9, tpm: 150 }],
    ['tpd', { tpm: 8000, tpd: 150 }],
    ['itpm', { tpm: 8000, itpm: 110 }],
    ['otpm', { tpm: 8000, otpm: 50 }],
  ] as const)('is refused by %s where that is short, and then counted in no window', (kind, limits) => {
    const ledger = ledgerOf(limits);
    ledger.take(100, 40);
    const before = ledger.windows(0);
    expect(ledger.refusal(100, 40)).toMatchObject({ window: kind, tooLarge: false });
    expect(ledger.windows(0)).toEqual(before);
  });

  it('where two windows are short, names requests before tokens and the minute before the day', () => {
    const ledger = ledgerOf({ rpm: 1, rpd: 1, tpm: 140 });
    ledger.take(100, 40);
    expect(ledger.refusal(100, 40)?.window).toBe('rpm');
    expect(ledger.refusal(100, 40, 60_000)?.window).toBe('rpd');
  });

  it('calls a request too large that no waiting makes possible, although another window is only short', () => {
    const ledger = ledgerOf({ rpm: 1, otpm: 1000 });
    ledger.take(1, 1);
    expect(ledger.refusal(1, 1001)).toMatchObject({ window: 'otpm', tooLarge: true, waitMs: Infinity });
  });

  it('is closed, not too small, at a limit of 0', () => {
    expect(ledgerOf({ rpm: 0 }).refusal(1, 1)).toMatchObject({ window: 'rpm', tooLarge: false, waitMs: 60_000 });
  });

  it('without refund keeps prompt + cap; with it gives the unused part back; with more used counts more', () => {
    const kept = ledgerOf({ tpm: 8000 });
    kept.settle(kept.take(1109, 800), { input: 1109, output: 104 }, 0);
    expect(kept.used('tpm')).toBe(1909);

    const refunded = ledgerOf({ tpm: 8000 }, { refund: true });
    refunded.settle(refunded.take(1109, 800), { input: 1109, output: 104 }, 0);
    expect(refunded.used('tpm')).toBe(1213);

    const exceeded = ledgerOf({ tpm: 8000 });
    exceeded.settle(exceeded.take(1109, 800), { input: 1109, output: 900 }, 0);
    expect(exceeded.used('tpm')).toBe(2009);
  });

  it('that counts at the end counts the request at once and its tokens then, at that instant', () => {
    const ledger = ledgerOf({ rpm: 30, tpm: 8000 }, { countAt: 'end', counting: 'sliding' });
    const permit = ledger.take(1000, 800, 1000);
    expect([ledger.used('rpm', 1000), ledger.used('tpm', 1000)]).toEqual([1, 0]);
    ledger.settle(permit, { input: 1000, output: 200 }, 5000);
    expect([ledger.used('rpm', 61_000), ledger.used('tpm', 61_000)]).toEqual([0, 1200]);
    expect(ledger.used('tpm', 65_000)).toBe(0);
  });

  it('remembers the peak of each window, which is never above its limit', () => {
    const ledger = ledgerOf({ rpm: 3 });
    for (let now = 0; now < 200_000; now += 700) ledger.admit({ input: 1, output: 1 }, now);
    const peak = ledger.windows(200_000)[0]!.peak;
    expect(peak).toBeLessThanOrEqual(3);
    expect(peak).toBeCloseTo(3, 9);
  });

  it('has windows so many times shorter as the time scale says', () => {
    const ledger = ledgerOf({ rpm: 30, rpd: 1000 }, { timeScale: 12 });
    expect(ledger.windows(0).map(({ per }) => per)).toEqual([5000, 7_200_000]);
  });

  it('drops a window that becomes unlimited and ignores what was charged there', () => {
    const ledger = ledgerOf({ tpm: 8000, rpm: 30 }, { refund: true });
    const permit = ledger.take(100, 100);
    ledger.setLimits({ rpm: 30, tpm: -1 }, 0);
    expect(ledger.windows(0).map(({ kind }) => kind)).toEqual(['rpm']);
    ledger.setLimits({ rpm: 30, tpm: 500 }, 0);
    ledger.settle(permit, { input: 100, output: 10 }, 0);
    expect(ledger.used('tpm')).toBe(0);
  });
});

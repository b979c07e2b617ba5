import { type Permit, RateLimitError, type RateWindow, rateWindow, rateWindowMap } from 'rx-groq';
import { delay, from, map, merge, type Observable, of, Subject, tap, throwError, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';

const window: RateWindow = { limit: 1, per: 10 };

describe('found when the operator is made', () => {
  const options: readonly object[] = [
    ...[Number.NaN, -1, '5'].flatMap(value => [
      { aging: value },
      { maxQueue: value },
      { maxConcurrent: value },
      { maxFlight: value },
      { backfill: { depth: value } },
      { backfill: { slack: value } },
    ]),
    { maxConcurrent: 0 },
    { overflow: 'newest' },
    { onImpossible: 'wait' },
    { priority: 0 },
    { priority: 11 },
    { priority: 1.5 },
    { reserve: { 0: 0.2 } },
    { reserve: { 1: 0 } },
    { reserve: { 1: 1 } },
    { reserve: { 1: 0.6, 2: 0.4 } },
    { fairBy: 5 },
    { fairBy: null },
    { fairBy: { key: () => 1 } },
    { fairBy: { key: () => 1, weight: 2 } },
  ];
  it.each(options)('%o', given => {
    expect(() => rateWindow(window, given)).toThrow(TypeError);
  });

  it.each<[keyof RateWindow, unknown]>([
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, '5', null].map(
      value => ['limit', value] as [keyof RateWindow, unknown],
    ),
    ...['soon', '', '1x', '1.5', ' 1m', 0, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map(
      value => ['per', value] as [keyof RateWindow, unknown],
    ),
    ['unit', ''],
    ['kind', 'leaky'],
  ])('a window whose %s is %o', (field, value) => {
    expect(() => rateWindow({ ...window, [field]: value } as RateWindow)).toThrow(new RegExp(`^${field}: expected`));
  });
});

/** Of values that leave one by one, what came out and when; a bad one among them is an error of the output. */
function outOf(run: (clock: VirtualTimeScheduler) => Observable<unknown>): string {
  const clock = new VirtualTimeScheduler(undefined, 10_000);
  const out: string[] = [];
  run(clock).subscribe({
    next: value => out.push(`${value}@${clock.now()}`),
    error: error => out.push(`${error.kind ?? error.name}`),
    complete: () => out.push('|'),
  });
  clock.flush();
  return out.join(' ');
}

describe('an error of the one value', () => {
  it.each([[-1], [Number.NaN], [Number.POSITIVE_INFINITY]])('a cost of %s', cost => {
    const costOf = (value: string) => ({ requests: value === 'bad' ? cost : 1 });
    expect(
      outOf(scheduler => from(['a', 'bad']).pipe(rateWindow({ limit: 9, per: 10 }, { cost: costOf, scheduler }))),
    ).toBe('a@0 request_invalid');
  });

  it.each([[0], [-1], [Number.NaN], [Number.POSITIVE_INFINITY]])('a weight of %s', weight => {
    const fairBy = { key: () => 'k', weight: (value: string) => (value === 'bad' ? weight : 1) };
    expect(outOf(scheduler => from(['a', 'bad']).pipe(rateWindow(window, { fairBy, scheduler })))).toBe(
      'a@0 request_invalid',
    );
  });
});

describe('has a meaning', () => {
  it('an aging of 0 is none, and one of next to nothing makes all alike', () => {
    const order = (aging: number): string =>
      outOf(scheduler => from([5, 9, 1]).pipe(rateWindow(window, { aging, priority: value => value, scheduler })));
    expect(order(0)).toBe('5@0 1@10 9@20 |');
    expect(order(1e-300)).toBe('5@0 9@10 1@20 |');
  });

  it('a window that is closed, and that a value takes nothing of, does not upset the turns of keys', () => {
    const windows = [window, { limit: 0, per: 10, unit: 'images' }];
    const out = outOf(scheduler =>
      from(['a1', 'a2', 'a3', 'b1', 'b2']).pipe(
        rateWindow(windows, { cost: () => ({}), fairBy: ([key]) => key, scheduler }),
      ),
    );
    expect(out).toBe('a1@0 b1@10 a2@20 b2@30 a3@40 |');
  });

  it('a quota below what is in flight lets those end, and the others wait', () => {
    const windows = new Subject<RateWindow>();
    const out = outOf(scheduler => {
      scheduler.schedule(() => windows.next({ limit: 4, per: 10 }), 0);
      scheduler.schedule(() => windows.next({ limit: 1, per: 10 }), 3);
      const later = (value: number): Observable<number> => of(value).pipe(delay(5, scheduler));
      return from([1, 2, 3, 4, 5, 6]).pipe(rateWindowMap(windows, later, { scheduler }));
    });
    expect(out).toBe('1@5 2@5 3@5 4@5 5@20 6@35 |');
  });

  it.each([[Number.NaN], [-5], [undefined]])('a refusal that asks to wait %s ms waits a second', retryAfterMs => {
    let refused = false;
    const project = (value: number): Observable<number> => {
      if (refused) return of(value);
      refused = true;
      return throwError(() => new RateLimitError('Too many', { retryAfterMs }));
    };
    const out = outOf(scheduler => from([1, 2]).pipe(rateWindowMap({ limit: 5, per: 10 }, project, { scheduler })));
    expect(out).toBe('1@1000 2@1000 |');
  });
});

describe('a permit hears each report once', () => {
  const held = (use: (permit: Permit, clock: VirtualTimeScheduler) => Observable<unknown>): string =>
    outOf(scheduler => {
      const windows = [
        { limit: 10, per: 10 },
        { limit: 10, per: 10, unit: 'tokens', kind: 'bucket' as const },
      ];
      return from(['first', 'second', 'third']).pipe(
        rateWindowMap(windows, (value, permit) => (value === 'first' ? use(permit, scheduler) : of(value)), {
          cost: () => ({ tokens: 5 }),
          scheduler,
        }),
      );
    });

  it('a second refusal is none: the request is back in line once', () => {
    const again = (permit: Permit): Observable<string> =>
      permit.refused(5).pipe(
        tap(next => next.release()),
        map(() => 'again'),
      );
    expect(held(permit => merge(again(permit), again(permit)))).toBe('again@5 second@5 third@5 |');
  });

  it.each([[Number.NaN], [-1]])('a wait of %s is an error of the request, and holds nobody', wait => {
    expect(held(permit => permit.refused(wait))).toBe('TypeError');
  });

  it.each<[string, (permit: Permit) => void, string]>([
    ['settled, then released', permit => [permit.settle({ tokens: 1 }), permit.release()], 'second@0 third@1 |'],
    ['released, then settled', permit => [permit.release(), permit.settle({ tokens: 9 })], 'second@0 third@0 |'],
    ['settled twice', permit => [permit.settle({ tokens: 0 }), permit.settle({ tokens: 9 })], 'second@0 third@0 |'],
    ['acknowledged twice', permit => [permit.acknowledged(), permit.acknowledged()], 'second@0 third@5 |'],
    ['released, then acknowledged', permit => [permit.release(), permit.acknowledged()], 'second@0 third@0 |'],
    ['settled to what it was', permit => permit.settle({ tokens: 5 }), 'second@0 third@5 |'],
  ])('%s', (_, report, out) => {
    const used = held(permit => {
      report(permit);
      return from([]);
    });
    expect(used).toBe(out);
  });
});

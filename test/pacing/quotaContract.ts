import { RequestTooLargeError, rateWindow, rateWindowMap } from 'rx-groq';
import {
  BehaviorSubject,
  concat,
  firstValueFrom,
  lastValueFrom,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  range,
  Subject,
  take,
  tap,
  toArray,
} from 'rxjs';
import { expect, it } from 'vitest';

type Permit = Parameters<Parameters<typeof rateWindowMap>[1]>[1];
type Quota = NonNullable<NonNullable<Parameters<typeof rateWindow>[1]>['quota']>;

interface Admission {
  readonly value: number;
  readonly at: number;
  readonly cost: number;
}

const now = (): number => performance.now();

/** Promise 1 for a server that counts each at an instant between its admission and its acknowledgement. */
function expectNeverOver(
  admissions: readonly Admission[],
  window: { limit: number; per: number; kind: 'sliding' | 'bucket' },
): void {
  const { limit, per, kind } = window;
  let level = limit;
  let last = admissions[0]!.at;
  for (const [index, { at, cost }] of admissions.entries()) {
    level = Math.min(limit, level + ((at - last) * limit) / per) - cost;
    last = at;
    const inside = admissions.slice(0, index + 1).filter(one => one.at > at - per);
    const used = kind === 'bucket' ? limit - level : inside.reduce((sum, one) => sum + one.cost, 0);
    expect(used, `used at ${at}`).toBeLessThanOrEqual(limit + 1e-6);
  }
}

/**
 * What a quota promises, in real time. A participant is a process's view of one quota.
 * @param open makes a quota that nobody has used, and answers how to take part in it
 */
export function quotaContract(open: () => () => Quota): void {
  /** The server counts it, then the head comes. */
  const counted = (value: number, permit: Permit, cost = 1): Observable<Admission> => {
    const at = now();
    permit.acknowledged();
    return of({ value, at, cost });
  };

  it.each(['sliding', 'bucket'] as const)('never goes over a %s window, and loses nothing', async kind => {
    const window = { limit: 10, per: 300, kind, unit: 'tokens' };
    const cost = (value: number): number => 1 + (value % 4);
    const admissions = await lastValueFrom(
      range(0, 40).pipe(
        rateWindowMap([window], (value, permit) => counted(value, permit, cost(value)), {
          quota: open()(),
          cost: value => ({ tokens: cost(value) }),
        }),
        toArray(),
      ),
    );
    expect(admissions).toHaveLength(40);
    expectNeverOver(admissions, window);
  });

  it('keeps the order of arrival, and priority before it', async () => {
    const source = of(1, 2, 3, 4, 5, 6);
    const priority = (value: number): number => (value === 6 ? 1 : 5);
    const order = await lastValueFrom(
      source.pipe(rateWindow({ limit: 1, per: 50 }, { quota: open()(), priority }), toArray()),
    );
    // What is granted in the first turn may be the first that came, or the most urgent.
    expect(order.filter(value => value !== 6)).toEqual([1, 2, 3, 4, 5]);
    expect(order.indexOf(6)).toBeLessThanOrEqual(1);
  });

  it('counts what several take together', async () => {
    const participant = open();
    const window = { limit: 6, per: 200, kind: 'sliding' as const };
    const paced = (from: number): Observable<Admission> =>
      range(from, 15).pipe(rateWindowMap(window, (value, permit) => counted(value, permit), { quota: participant() }));
    const admissions = await lastValueFrom(merge(paced(0), paced(100), paced(200)).pipe(toArray()));
    const values = admissions.map(({ value }) => value);
    expect(new Set(values).size).toBe(45);
    expectNeverOver(admissions, window);
    for (const from of [0, 100, 200]) {
      const own = values.filter(value => value >= from && value < from + 100);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
  });

  it('lets the most urgent go first, whoever has it', async () => {
    const participant = open();
    const window = { limit: 2, per: 200 };
    const went: string[] = [];
    const urgent$ = new Subject<string>();
    const far$ = urgent$.pipe(rateWindow(window, { quota: participant(), priority: 1 }));
    const near$ = range(0, 12).pipe(
      map(value => `low ${value}`),
      rateWindow(window, { quota: participant(), priority: 10 }),
    );
    await lastValueFrom(
      merge(near$, far$).pipe(
        tap(value => {
          went.push(value);
          if (went.length === 4) urgent$.next('urgent');
          if (went.length === 12) urgent$.complete();
        }),
        take(13),
      ),
    );
    // One more at most, of those that had been granted together with the fourth.
    expect(went.indexOf('urgent')).toBeGreaterThanOrEqual(4);
    expect(went.indexOf('urgent')).toBeLessThanOrEqual(5);
  });

  it('gives room again at once to what settles for less', async () => {
    const settled = now();
    const window = { limit: 100, per: 60_000, unit: 'tokens' };
    const done = await lastValueFrom(
      range(0, 4).pipe(
        rateWindowMap(
          window,
          (value, permit) => {
            permit.acknowledged();
            permit.settle({ tokens: 10 });
            return of(value);
          },
          { quota: open()(), cost: () => ({ tokens: 60 }) },
        ),
        toArray(),
      ),
    );
    expect(done).toEqual([0, 1, 2, 3]);
    expect(now() - settled).toBeLessThan(15_000);
  });

  it('gives back what was never sent', async () => {
    const done = await lastValueFrom(
      range(0, 6).pipe(
        rateWindowMap(
          { limit: 1, per: 60_000 },
          (value, permit) => {
            if (value < 5) permit.release();
            return of(value);
          },
          { quota: open()() },
        ),
        toArray(),
      ),
    );
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('admits at once when a limit is raised', async () => {
    const windows$ = new BehaviorSubject({ limit: 1, per: 60_000 });
    const values = await lastValueFrom(
      range(0, 3).pipe(
        rateWindow(windows$, { quota: open()() }),
        tap(value => value === 0 && windows$.next({ limit: 3, per: 60_000 })),
        toArray(),
      ),
    );
    expect(values).toEqual([0, 1, 2]);
  });

  it('lets the next go in place of one that has left', async () => {
    const participant = open();
    const window = { limit: 1, per: 300 };
    const paced = (value: string, priority: 1 | 2): Observable<string> =>
      concat(of(value), NEVER).pipe(rateWindow(window, { quota: participant(), priority }));
    await firstValueFrom(paced('before', 1));
    const impatient = paced('urgent, but gone', 1).subscribe();
    const next = firstValueFrom(paced('next', 2));
    impatient.unsubscribe();
    expect(await next).toBe('next');
  });

  it('fails what no window can hold', async () => {
    const paced$ = of(1).pipe(
      rateWindow({ limit: 5, per: 100, unit: 'tokens' }, { quota: open()(), cost: { tokens: 6 } }),
    );
    await expect(lastValueFrom(paced$)).rejects.toBeInstanceOf(RequestTooLargeError);
  });
}

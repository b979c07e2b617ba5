import { RateLimitError, RequestTooLargeError, rateWindow, rateWindowMap } from 'rx-groq';
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
  timer,
  toArray,
} from 'rxjs';
import { expect, it } from 'vitest';
import { latenesses, type Went, whatWasLost, whatWentBeforeItsTurn, whatWentOver } from './loggedPromises.js';
import { type LoggedRun, runLogged } from './loggedRun.js';

type Permit = Parameters<Parameters<typeof rateWindowMap>[1]>[1];
type Quota = NonNullable<NonNullable<Parameters<typeof rateWindow>[1]>['quota']>;

type Admission = Pick<Went, 'value' | 'counted' | 'cost'>;

const now = (): number => performance.now();

/** Of the random logs; RUNS=10 for so many times more. */
const seeds = Array.from({ length: 4 * Number(process.env.RUNS ?? 1) }, (_, index) => 1 + index);

/**
 * What a quota promises, in real time. A participant is a process's view of one quota.
 * @param open makes a quota that nobody has used, and answers how to take part in it
 */
export function quotaContract(open: () => () => Quota): void {
  /** The server counts it, then the head comes. */
  const counted = (value: number, permit: Permit, cost = 1): Observable<Admission> => {
    const at = now();
    permit.acknowledged();
    return of({ value, counted: at, cost });
  };

  it.for(['sliding', 'bucket'] as const)(
    'keeps its promises over random logs in a %s window',
    async (kind, { task }) => {
      const window = { limit: 20, per: 400, kind };
      const runs: LoggedRun[] = [];
      for (let from = 0; from < seeds.length; from += 4)
        runs.push(...(await Promise.all(seeds.slice(from, from + 4).map(seed => runLogged(open(), window, seed)))));
      const late = runs.flatMap(({ went }) => latenesses(went, window));
      const all = late.length;
      const mean = (late.reduce((sum, ms) => sum + ms, 0) / all / window.per) * 100;
      for (const [index, { went, asked, ended }] of runs.entries()) {
        const seed = `seed ${seeds[index]}`;
        expect(whatWentOver(went, window), seed).toEqual([]);
        expect(whatWentBeforeItsTurn(went), seed).toEqual([]);
        expect(whatWasLost(asked, ended), seed).toEqual([]);
      }
      console.log(
        `${task.suite?.name}, ${kind}: ${runs.length} logs, ${all} requests, 0 over, 0 before their turn, 0 lost, late by ${mean.toFixed(2)} %`,
      );
      expect(mean, 'late by more than the lease').toBeLessThan(400); // idle it is 1 %, beside other tests up to 100
    },
  );

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
    expect(whatWentOver(admissions, window)).toEqual([]);
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

  it('hears what becomes of the last of a line, when that is long empty', async () => {
    const participant = open();
    const window = { limit: 10, per: 60_000, unit: 'tokens' };
    let refusals = 1;
    const last$ = of('last').pipe(
      rateWindowMap(
        window,
        (value, permit) =>
          timer(30).pipe(
            map(() => {
              if (refusals-- > 0) throw new RateLimitError('refused', { retryAfterMs: 10 });
              permit.settle({ tokens: 0 });
              return value;
            }),
          ),
        { quota: participant(), cost: { tokens: 10 } },
      ),
    );
    expect(await lastValueFrom(last$)).toBe('last');
    const next$ = of('next').pipe(rateWindow(window, { quota: participant(), cost: { tokens: 10 } }));
    expect(await lastValueFrom(next$)).toBe('next');
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

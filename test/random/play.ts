import { type PaceOptions, type Permit, RateLimitError, type RateWindow, rateWindow, rateWindowMap } from 'rx-groq';
import {
  BehaviorSubject,
  concat,
  EMPTY,
  ignoreElements,
  NEVER,
  type Observable,
  of,
  type Subscription,
  tap,
  timer,
  VirtualTimeScheduler,
} from 'rxjs';
import type { Plan, PlanRequest } from './plan.js';

/** What happened, in the order in which it did. */
export type Happening = { readonly at: number } & (
  | {
      readonly type: 'arrived' | 'sent' | 'acknowledged' | 'settled' | 'released' | 'ended' | 'left' | 'failed';
      readonly request: PlanRequest;
    }
  | { readonly type: 'refused'; readonly request: PlanRequest; readonly retryAfterMs: number }
  | { readonly type: 'limits'; readonly limits: readonly number[] }
);

export interface Log {
  readonly happenings: readonly Happening[];
  /** How each request's subscription ended; one ending each, if all is well. */
  readonly endings: ReadonlyMap<PlanRequest, readonly ('completed' | 'failed' | 'unsubscribed')[]>;
}

/**
 * Plays a plan in virtual time. Each request is a subscription of its own to one and the same operator, so that they share its
 * counts and its line, and each can be cancelled alone.
 */
export function play(plan: Plan): Log {
  const scheduler = new VirtualTimeScheduler();
  const happenings: Happening[] = [];
  const endings = new Map<PlanRequest, ('completed' | 'failed' | 'unsubscribed')[]>();
  const places = new Map<PlanRequest, 'in line' | 'in flight' | 'over'>();
  const windows$ = new BehaviorSubject<readonly RateWindow[]>(plan.windows);
  const refusals = new Map(plan.requests.map(request => [request, [...request.refusals]]));

  const note = (type: Exclude<Happening['type'], 'limits'>, request: PlanRequest, retryAfterMs = 0): void => {
    happenings.push({ at: scheduler.now(), type, request, retryAfterMs });
    if (type === 'arrived' || type === 'refused') places.set(request, 'in line');
    else if (type === 'sent') places.set(request, 'in flight');
    else if (type === 'ended' || type === 'released' || type === 'left' || type === 'failed')
      places.set(request, 'over');
  };
  const wait = (ms: number, then: () => void): Observable<number> => timer(ms, scheduler).pipe(tap(then));
  const answer = (request: PlanRequest, permit: Permit): Observable<unknown> => {
    note('sent', request);
    if (request.released) {
      note('released', request);
      permit.release();
      return EMPTY;
    }
    const retryAfterMs = refusals.get(request)!.shift();
    if (retryAfterMs !== undefined) {
      return wait(request.head, () => {
        note('refused', request, retryAfterMs);
        throw new RateLimitError('refused', { retryAfterMs });
      });
    }
    const settle = (): void => {
      if (request.actual === undefined) return;
      note('settled', request);
      permit.settle({ tokens: request.actual });
    };
    return concat(
      wait(request.head, () => note('acknowledged', request)),
      wait(request.length, settle).pipe(ignoreElements()),
    ).pipe(tap({ complete: () => note('ended', request) }));
  };

  const { maxFlight, maxConcurrent, aging, backfill } = plan;
  const options: PaceOptions<PlanRequest> = {
    cost: ({ tokens }) => ({ tokens }),
    ...{ maxFlight, maxConcurrent, aging, backfill, scheduler },
  };
  const plainly = rateWindow(windows$, options);
  const paced = plan.permits
    ? rateWindowMap(windows$, answer, options)
    : (source: Observable<PlanRequest>) =>
        source.pipe(
          plainly,
          tap(request => {
            for (const type of ['sent', 'acknowledged', 'ended'] as const) note(type, request);
          }),
        );
  const following = NEVER.pipe(paced).subscribe(); // limits change also while nobody waits

  const arrive = (request: PlanRequest): Subscription => {
    note('arrived', request);
    const ends: ('completed' | 'failed' | 'unsubscribed')[] = [];
    endings.set(request, ends);
    return of(request)
      .pipe(paced)
      .subscribe({
        complete: () => ends.push('completed'),
        error: () => {
          note('failed', request);
          ends.push('failed');
        },
      });
  };
  for (const request of plan.requests) {
    scheduler.schedule(() => {
      const subscription = arrive(request);
      if (request.cancelAfter === undefined) return;
      scheduler.schedule(() => {
        const place = places.get(request);
        if (place === 'over') return;
        note(place === 'in line' ? 'left' : 'ended', request);
        endings.get(request)!.push('unsubscribed');
        subscription.unsubscribe();
      }, request.cancelAfter);
    }, request.at);
  }
  for (const { at, limits } of plan.changes) {
    scheduler.schedule(() => {
      happenings.push({ at, type: 'limits', limits });
      windows$.next(plan.windows.map((window, place) => ({ ...window, limit: limits[place]! })));
    }, at);
  }
  scheduler.flush();
  following.unsubscribe();
  return { happenings, endings };
}

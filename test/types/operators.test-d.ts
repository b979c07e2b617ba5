import {
  type ChatChunk,
  type ChatCompletion,
  contentDeltas,
  decodeEventStream,
  mergeByPriority,
  type Permit,
  type Priority,
  RateLimitError,
  type RateWindow,
  rateWindow,
  rateWindowMap,
  retryTransient,
  type ServerSentEvent,
  scanText,
  toCompletion,
  toText,
  withPriority,
} from 'rx-groq';
import { BehaviorSubject, from, map, mergeMap, type Observable, of } from 'rxjs';
import { describe, expectTypeOf, test } from 'vitest';

interface Job {
  readonly text: string;
  readonly tokens: number;
}
declare const jobs$: Observable<Job>;
declare const chunks$: Observable<ChatChunk>;

describe('rateWindow', () => {
  test('passes its value on, and hands it to callbacks, without annotation', () => {
    const paced$ = jobs$.pipe(
      rateWindow(
        [
          { limit: 30, per: '1m' },
          { limit: 6000, per: '1m', unit: 'tokens', kind: 'bucket' },
        ],
        { cost: job => ({ tokens: job.tokens }), priority: job => job.text.length, aging: 30_000 },
      ),
    );
    expectTypeOf(paced$).toEqualTypeOf<Observable<Job>>();
  });

  test('takes one window, several, or live ones', () => {
    expectTypeOf(jobs$.pipe(rateWindow({ limit: 1, per: 10 }))).toEqualTypeOf<Observable<Job>>();
    const live$ = new BehaviorSubject<RateWindow>({ limit: 1, per: '1s' });
    expectTypeOf(jobs$.pipe(rateWindow(live$, { cost: { tokens: 3 } }))).toEqualTypeOf<Observable<Job>>();
    declare_(jobs$.pipe(rateWindow([] as readonly RateWindow[], { cost: { anything: 1 } })));
  });

  test("checks a cost's units against windows written as literals", () => {
    // @ts-expect-error -- no window counts 'token'
    jobs$.pipe(rateWindow({ limit: 9, per: 10, unit: 'tokens' }, { cost: { token: 1 } }));
    // @ts-expect-error -- no window counts tokens
    jobs$.pipe(rateWindow({ limit: 9, per: 10 }, { cost: { tokens: 1 } }));
    jobs$.pipe(rateWindow({ limit: 9, per: 10, unit: 'images' }, { cost: { images: 1, requests: 1 } }));
  });

  test('knows kinds, and what becomes of the impossible', () => {
    // @ts-expect-error -- no such kind
    rateWindow({ limit: 1, per: 1, kind: 'fixed' });
    // @ts-expect-error -- no such answer
    rateWindow({ limit: 1, per: 1 }, { onImpossible: 'wait' });
    // @ts-expect-error -- no such priority
    rateWindow({ limit: 1, per: 1 }, { priority: 11 });
  });
});

describe('rateWindowMap', () => {
  test('is as mergeMap, with a permit', () => {
    const results$ = jobs$.pipe(
      rateWindowMap({ limit: 5, per: '1s' }, (job, permit) => {
        expectTypeOf(job).toEqualTypeOf<Job>();
        expectTypeOf(permit).toEqualTypeOf<Permit>();
        return of(job.tokens);
      }),
    );
    expectTypeOf(results$).toEqualTypeOf<Observable<number>>();
    expectTypeOf(jobs$.pipe(rateWindowMap({ limit: 5, per: '1s' }, async job => job.text))).toEqualTypeOf<
      Observable<string>
    >();
  });
});

describe('priorities', () => {
  test('mergeByPriority stamps them on objects', () => {
    const merged$ = mergeByPriority({ 1: jobs$, 10: of({ text: 'x', kind: 'late' }) });
    expectTypeOf(merged$.pipe(map(({ text, priority }) => [text, priority] as const))).toEqualTypeOf<
      Observable<readonly [string, Priority]>
    >();
  });

  test('mergeByPriority makes of anything what its second argument makes', () => {
    const merged$ = mergeByPriority({ 1: of('a'), 5: from([1, 2]) }, (value, priority) => ({ value, priority }));
    expectTypeOf(merged$).toEqualTypeOf<Observable<{ value: string | number; priority: Priority }>>();
    // @ts-expect-error -- there is no priority 11
    mergeByPriority({ 11: jobs$ });
  });

  test('withPriority keeps the rest, and replaces a priority of another type', () => {
    expectTypeOf(of({ a: 1, priority: 'high' }).pipe(withPriority(1))).toEqualTypeOf<
      Observable<Omit<{ a: number; priority: string }, 'priority'> & { priority: 1 }>
    >();
  });
});

describe('streams', () => {
  test('chunks become deltas, texts, completions', () => {
    expectTypeOf(chunks$.pipe(contentDeltas())).toEqualTypeOf<Observable<string>>();
    expectTypeOf(chunks$.pipe(toText())).toEqualTypeOf<Observable<string>>();
    expectTypeOf(chunks$.pipe(contentDeltas(), scanText())).toEqualTypeOf<Observable<string>>();
    expectTypeOf(chunks$.pipe(toCompletion())).toEqualTypeOf<Observable<ChatCompletion>>();
    expectTypeOf(of(new Uint8Array()).pipe(decodeEventStream())).toEqualTypeOf<Observable<ServerSentEvent>>();
  });

  test('retryTransient changes nothing of the value', () => {
    expectTypeOf(jobs$.pipe(retryTransient({ maxRetries: 2 }))).toEqualTypeOf<Observable<Job>>();
  });

  test('errors made by hand need a message only', () => {
    expectTypeOf(new RateLimitError('later').retryAfterMs).toEqualTypeOf<number | undefined>();
  });
});

test('operators stand in one pipe', () => {
  const texts$ = jobs$.pipe(
    withPriority(3),
    rateWindow({ limit: 1, per: 1000 }),
    mergeMap(job =>
      chunks$.pipe(
        toText(),
        map(text => ({ job, text })),
      ),
    ),
  );
  expectTypeOf(texts$.pipe(map(({ job }) => job.priority))).toEqualTypeOf<Observable<3>>();
});

declare const declare_: (value: Observable<Job>) => void;

import { type ChatChunk, type ChatCompletion, type StreamTiming, timing, type Usage, usage } from 'rx-groq';
import { asapScheduler, type Observable } from 'rxjs';
import { describe, expectTypeOf, test } from 'vitest';

declare const chunks$: Observable<ChatChunk>;
declare const completion$: Observable<ChatCompletion>;

describe('usage and timing', () => {
  test('say what an answer took', () => {
    expectTypeOf(chunks$.pipe(usage())).toEqualTypeOf<Observable<Usage>>();
    expectTypeOf(completion$.pipe(usage())).toEqualTypeOf<Observable<Usage>>();
    expectTypeOf(chunks$.pipe(timing(asapScheduler))).toEqualTypeOf<Observable<StreamTiming>>();
    // @ts-expect-error -- a completion has no first token
    completion$.pipe(timing());
  });
});

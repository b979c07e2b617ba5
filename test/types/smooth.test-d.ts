import { type ChatChunk, contentDeltas, smooth } from 'rx-groq';
import { asyncScheduler, type Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

declare const chunks$: Observable<ChatChunk>;

test('smooth takes chunks and texts, a rate, and a scheduler', () => {
  expectTypeOf(chunks$.pipe(smooth({ charactersPerSecond: 60 }))).toEqualTypeOf<Observable<string>>();
  const scheduler = asyncScheduler;
  expectTypeOf(chunks$.pipe(contentDeltas(), smooth({ charactersPerSecond: 60, scheduler }))).toEqualTypeOf<
    Observable<string>
  >();
  // @ts-expect-error -- the rate has no default
  smooth({});
  // @ts-expect-error -- the rate is a number
  smooth({ charactersPerSecond: '60' });
});

import { type ChatChunk, type ChatCompletion, reasoningDeltas } from 'rx-groq';
import type { Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

declare const chunks$: Observable<ChatChunk>;
declare const completions$: Observable<ChatCompletion>;

test('reasoningDeltas makes texts of chunks', () => {
  expectTypeOf(chunks$.pipe(reasoningDeltas())).toEqualTypeOf<Observable<string>>();
  // @ts-expect-error -- a completion has its reasoning whole
  completions$.pipe(reasoningDeltas());
});

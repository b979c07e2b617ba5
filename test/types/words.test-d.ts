import { type ChatChunk, type ChatCompletion, words } from 'rx-groq';
import type { Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

declare const chunks$: Observable<ChatChunk>;
declare const completions$: Observable<ChatCompletion>;
declare const texts$: Observable<string>;
declare const numbers$: Observable<number>;

test('words are made of chunks, completions and texts alike', () => {
  expectTypeOf(chunks$.pipe(words())).toEqualTypeOf<Observable<string>>();
  expectTypeOf(completions$.pipe(words())).toEqualTypeOf<Observable<string>>();
  expectTypeOf(texts$.pipe(words())).toEqualTypeOf<Observable<string>>();
  // @ts-expect-error -- a number has no text
  numbers$.pipe(words());
});

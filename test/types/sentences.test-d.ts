import { type ChatChunk, type ChatCompletion, sentences } from 'rx-groq';
import type { Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

declare const chunks$: Observable<ChatChunk>;
declare const completions$: Observable<ChatCompletion>;
declare const texts$: Observable<string>;
declare const numbers$: Observable<number>;

test('sentences are made of chunks, completions and texts alike', () => {
  expectTypeOf(chunks$.pipe(sentences())).toEqualTypeOf<Observable<string>>();
  expectTypeOf(completions$.pipe(sentences())).toEqualTypeOf<Observable<string>>();
  expectTypeOf(texts$.pipe(sentences())).toEqualTypeOf<Observable<string>>();
  // @ts-expect-error -- a number has no text
  numbers$.pipe(sentences());
});

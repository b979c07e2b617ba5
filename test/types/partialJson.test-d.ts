import { type ChatChunk, type ChatCompletion, type DeepPartial, partialJson } from 'rx-groq';
import type { Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const chunks$: Observable<ChatChunk>;
declare const texts$: Observable<string>;
declare const either$: Observable<ChatChunk | ChatCompletion>;

interface Recipe {
  title: string;
  level: 'easy' | 'hard';
  servings: 2 | 4;
  vegan: boolean;
  steps: { text: string; minutes: number | null }[];
}

test('partialJson tells what may be missing: every property, and the rest of a text', () => {
  expectTypeOf(chunks$.pipe(partialJson<Recipe>())).toEqualTypeOf<
    Observable<{
      title?: string;
      level?: string; // 'ea' is on its way to 'easy'
      servings?: 2 | 4;
      vegan?: boolean;
      steps?: { text?: string; minutes?: number | null }[];
    }>
  >();
});

test('partialJson takes the type of a schema: what is written, before it is transformed', () => {
  const Length = z.object({ text: z.string().transform(text => text.length) });
  expectTypeOf(chunks$.pipe(partialJson(Length))).toEqualTypeOf<Observable<{ text?: string }>>();
});

test('partialJson without a type knows nothing', () => {
  expectTypeOf(texts$.pipe(partialJson())).toEqualTypeOf<Observable<unknown>>();
  expectTypeOf(either$.pipe(partialJson<string[]>())).toEqualTypeOf<Observable<string[]>>();
});

test('DeepPartial of tuples, and of nothing in particular', () => {
  expectTypeOf<DeepPartial<readonly ['a', 1]>>().toEqualTypeOf<(string | 1)[]>();
  expectTypeOf<DeepPartial<null>>().toEqualTypeOf<null>();
});

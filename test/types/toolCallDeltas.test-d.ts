import { type ChatChunk, type ToolCallProgress, toolCallDeltas } from 'rx-groq';
import { map, type Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

declare const chunks$: Observable<ChatChunk>;

test('toolCallDeltas says of each piece which call it is of, and the call so far', () => {
  expectTypeOf(chunks$.pipe(toolCallDeltas())).toEqualTypeOf<Observable<ToolCallProgress>>();
  expectTypeOf(
    chunks$.pipe(
      toolCallDeltas(),
      map(({ index, id, name, argumentsDelta, arguments: json }) => [index, id, name, argumentsDelta, json] as const),
    ),
  ).toEqualTypeOf<Observable<readonly [number, string, string, string, string]>>();
});

test('what it emits is not to be changed', () => {
  const call = {} as ToolCallProgress;
  // @ts-expect-error -- readonly
  call.name = 'other';
});

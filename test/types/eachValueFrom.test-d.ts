import { type ChatChunk, type ChatClient, type ChatRequest, contentDeltas, eachValueFrom } from 'rx-groq';
import { expectTypeOf, test } from 'vitest';

declare const client: ChatClient;
declare const request: ChatRequest;

test('eachValueFrom', () => {
  expectTypeOf(eachValueFrom(client.stream(request))).toEqualTypeOf<AsyncIterable<ChatChunk>>();
  expectTypeOf(eachValueFrom(client.stream(request).pipe(contentDeltas()))).toEqualTypeOf<AsyncIterable<string>>();
  // @ts-expect-error -- a promise is none
  eachValueFrom(Promise.resolve(1));
});

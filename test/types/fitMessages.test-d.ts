import { type ChatClient, type ChatMessage, type FittedRequest, fitMessages, splitText } from 'rx-groq';
import { map, type Observable, of } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

declare const client: ChatClient;
declare const numbers$: Observable<number>;

test('a request written before it needs no annotation, and the client takes what it gives', () => {
  const fitted$ = of('hello').pipe(
    map(content => ({ model: 'm', messages: [{ role: 'user', content }] })),
    fitMessages({ maxTokens: 1000, keep: 2 }),
  );
  expectTypeOf(fitted$).toEqualTypeOf<Observable<FittedRequest>>();
  const results$ = fitted$.pipe(client.completeMap(fitted => fitted.request));
  results$.subscribe(({ value }) => expectTypeOf(value.dropped).toEqualTypeOf<readonly ChatMessage[]>());
  // @ts-expect-error -- a budget is needed
  fitMessages({ keep: 2 });
});

test('a text is split into texts', () => {
  expectTypeOf(of('text').pipe(splitText({ maxTokens: 100 }))).toEqualTypeOf<Observable<string>>();
  // @ts-expect-error -- a number has no text
  numbers$.pipe(splitText({ maxTokens: 100 }));
});

import {
  type Calibration,
  type ChatChunk,
  type ChatClient,
  type ChatCompletion,
  type ChatEvent,
  type ChatFailure,
  type ChatRequest,
  type ChatResult,
  type ChatStream,
  type ConfigSource,
  contentDeltas,
  createChatClient,
  isChatError,
  type ModelLimits,
  toText,
} from 'rx-groq';
import { filter, map, mergeMap, type Observable, of } from 'rxjs';
import { describe, expectTypeOf, test } from 'vitest';

declare const client: ChatClient;
declare const questions$: Observable<{ id: number; text: string }>;

describe('a request written in a map needs no annotation', () => {
  test('before completeEach and streamEach', () => {
    const requests$ = questions$.pipe(
      map(({ id, text }) => ({ model: 'm', messages: [{ role: 'user' as const, content: text }], context: id })),
    );
    expectTypeOf(requests$.pipe(client.completeEach())).toEqualTypeOf<Observable<ChatResult>>();
    expectTypeOf(requests$.pipe(client.streamEach())).toEqualTypeOf<Observable<ChatStream>>();
    questions$.pipe(
      map(({ text }) => ({ model: 'm', messages: [{ role: 'user', content: text }], priority: 1 })),
      client.completeEach(),
    );
  });

  test('in mergeMap', () => {
    const answers$ = questions$.pipe(
      mergeMap(({ text }) => client.complete({ model: 'm', messages: [{ role: 'user', content: text }] })),
    );
    expectTypeOf(answers$).toEqualTypeOf<Observable<ChatCompletion>>();
    expectTypeOf(answers$.pipe(map(({ choices }) => choices[0].message.content))).toEqualTypeOf<
      Observable<string | null>
    >();
  });
});

describe('metadata is typed where it is a value', () => {
  test('completeMap carries the value', () => {
    const results$ = questions$.pipe(
      client.completeMap(({ text }) => ({ model: 'm', messages: [{ role: 'user', content: text }] })),
    );
    expectTypeOf(results$.pipe(map(({ value }) => value.id))).toEqualTypeOf<Observable<number>>();
  });

  test('streamMap emits what its second argument makes', () => {
    const lengths$ = questions$.pipe(
      client.streamMap(
        ({ text }) => ({ model: 'm', messages: [{ role: 'user', content: text }] }),
        (chunks$, { id }) => {
          expectTypeOf(chunks$).toEqualTypeOf<Observable<ChatChunk>>();
          return chunks$.pipe(
            toText(),
            map(text => ({ id, length: text.length })),
          );
        },
      ),
    );
    expectTypeOf(lengths$).toEqualTypeOf<Observable<{ id: number; length: number }>>();
  });
});

describe('results', () => {
  test('narrow by ok', () => {
    const one = {} as ChatResult;
    expectTypeOf(one.model).toEqualTypeOf<string>();
    if (one.ok) expectTypeOf(one.completion).toEqualTypeOf<ChatCompletion>();
    else expectTypeOf(one.error).toEqualTypeOf<ChatFailure>();
    expectTypeOf(one.request).toEqualTypeOf<ChatRequest>();
  });

  test('failures narrow by kind', () => {
    const error: unknown = undefined;
    if (!isChatError(error)) return;
    expectTypeOf(error).toEqualTypeOf<ChatFailure>();
    expectTypeOf(error.serverRequestId).toEqualTypeOf<string | undefined>();
    expectTypeOf(error.status).toEqualTypeOf<number | undefined>();
    expectTypeOf(error.body).toBeUnknown();
    if (error.kind === 'rate_limit') expectTypeOf(error.retryAfterMs).toEqualTypeOf<number | undefined>();
    if (error.kind === 'stream_broken') expectTypeOf(error.received).toEqualTypeOf<readonly ChatChunk[]>();
    // @ts-expect-error -- no such kind
    if (error.kind === 'rate') return;
  });

  test('events narrow by type', () => {
    const refusals$ = client.events$.pipe(
      filter((event): event is Extract<ChatEvent, { type: 'refused' }> => event.type === 'refused'),
    );
    expectTypeOf(refusals$.pipe(map(event => event.retryAfterMs))).toEqualTypeOf<Observable<number>>();
    const event = {} as ChatEvent;
    if (event.type === 'fallback') {
      expectTypeOf(event.from).toEqualTypeOf<string>();
      expectTypeOf(event.error).toEqualTypeOf<ChatFailure | undefined>();
    }
    if (event.type === 'circuit') expectTypeOf(event.circuit).toEqualTypeOf<'closed' | 'open' | 'half_open'>();
  });
});

describe('the client', () => {
  test('is made of a path, an object, an Observable, or nothing', () => {
    expectTypeOf(createChatClient).parameter(0).toEqualTypeOf<ConfigSource | undefined>();
    createChatClient({
      m: { base_url: 'http://localhost/v1', req_per_minute: 30, windows: [{ limit: 5, per: '1s' }] },
    });
    createChatClient(of({ '*': { dialect: 'openai' as const } }), { retry: { maxRetries: 0 }, backfill: false });
    // @ts-expect-error -- misspelt
    createChatClient({ m: { base_urls: 'http://localhost/v1' } });
    // @ts-expect-error -- misspelt
    createChatClient({}, { maxQueues: 1 });
    createChatClient({}, { fallbackAfter: 5000, breaker: {} });
    createChatClient({}, { retry: { budget: { ratio: 0.1 } }, onFlexFull: 'on_demand' });
    createChatClient({}, { retry: { budget: false } });
    // @ts-expect-error -- no such tier to fall to
    createChatClient({}, { onFlexFull: 'auto' });
    createChatClient({}, { breaker: { failures: 3 } });
    // @ts-expect-error -- left out, it is off
    createChatClient({}, { breaker: true });
  });

  test('lowers caps, or does not', () => {
    createChatClient({}, { fitOutput: true });
    createChatClient({}, { fitOutput: 'now' });
    // @ts-expect-error -- never is false
    createChatClient({}, { fitOutput: 'never' });
    const event = {} as ChatEvent;
    if (event.type === 'output_fitted') expectTypeOf([event.from, event.to]).toEqualTypeOf<number[]>();
  });

  test('streams', () => {
    expectTypeOf(client.stream({ model: 'm', messages: [] }).pipe(contentDeltas())).toEqualTypeOf<Observable<string>>();
    expectTypeOf(client.limits('m')).toEqualTypeOf<ModelLimits>();
    expectTypeOf(client.limits('m').calibration).toEqualTypeOf<Calibration>();
    expectTypeOf<Calibration['error']>().toEqualTypeOf<number | null>();
    expectTypeOf(client.close()).toEqualTypeOf<Observable<void>>();
    expectTypeOf(client).toExtend<AsyncDisposable>();
  });

  test('knows the fields of a request', () => {
    // @ts-expect-error -- messages are missing
    client.stream({ model: 'm' });
    client.stream({ model: 'm', messages: [], priority: of(1, 2), context: { any: 'thing' }, queueTimeout: 500 });
    client.stream({ model: 'm', messages: [], fallbacks: ['n', 'o'] });
    // @ts-expect-error -- a list, for they are tried in order
    client.stream({ model: 'm', messages: [], fallbacks: 'n' });
  });
});

describe('client.request', () => {
  test('gives what one says that it gives', () => {
    expectTypeOf(client.request({ model: 'm', path: '/models' })).toEqualTypeOf<Observable<unknown>>();
    const embeddings$ = client.request<{ data: object[] }>({ model: 'm', path: '/embeddings', body: { input: 'x' } });
    expectTypeOf(embeddings$).toEqualTypeOf<Observable<{ data: object[] }>>();
    // @ts-expect-error -- where to?
    client.request({ model: 'm' });
  });

  test('takes bodies of other types', () => {
    client.request({ model: 'm', path: '/audio/transcriptions', body: new FormData() });
    client.request({ model: 'm', path: '/files', body: new Blob([]) });
    client.request({ model: 'm', path: '/files', body: new Uint8Array(1) });
    // @ts-expect-error -- is no object
    client.request({ model: 'm', path: '/files', body: 'text' });
  });
});

import type { ChatChunk, ChatClientOptions, ChatRequest, StandardSchema, Transport } from 'rx-groq';
import type { ChatTestingController as AngularController } from 'rx-groq/angular';
import {
  ChatTestingController,
  chunkSchema,
  fakeChatClient,
  type RecordOptions,
  type ReplayOptions,
  recordTransport,
  replayTransport,
  type SentChat,
} from 'rx-groq/testing';
import { type Observable, of, type SchedulerLike, VirtualTimeScheduler } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

test('recordings are transports', () => {
  expectTypeOf(recordTransport).parameters.toEqualTypeOf<[file: string, options?: RecordOptions]>();
  expectTypeOf(recordTransport).returns.toEqualTypeOf<Transport>();
  expectTypeOf(replayTransport).parameters.toEqualTypeOf<[file: string, options?: ReplayOptions]>();
  expectTypeOf(replayTransport).returns.toEqualTypeOf<Transport>();
  expectTypeOf<ReplayOptions>().toEqualTypeOf<{ readonly scheduler?: SchedulerLike }>();
});

test('the controller is one, in Angular and without', () => {
  const network = new ChatTestingController({ scheduler: new VirtualTimeScheduler() });
  expectTypeOf(network).toEqualTypeOf<AngularController>();
  expectTypeOf(network.sent$).toEqualTypeOf<Observable<SentChat>>();
  fakeChatClient({ answer: network.answer });
});

test('a request that was sent is answered by whatever emits deltas', () => {
  expectTypeOf<SentChat['request']>().toEqualTypeOf<ChatRequest>();
  expectTypeOf<SentChat['flush']>().toBeCallableWith(['a']);
  expectTypeOf<SentChat['flush']>().toBeCallableWith(of('a'));
  // @ts-expect-error -- a number is no part of an answer
  expectTypeOf<SentChat['flush']>().toBeCallableWith([1]);
  expectTypeOf<SentChat['fail']>().parameters.toEqualTypeOf<[error?: Error]>();
});

test('the schema of a chunk is what `strict` takes, and gives chunks', () => {
  expectTypeOf(chunkSchema).toEqualTypeOf<StandardSchema<unknown, ChatChunk>>();
  expectTypeOf(chunkSchema).toExtend<NonNullable<ChatClientOptions['strict']>>();
  // @ts-expect-error -- a switch says not what is checked
  expectTypeOf(true).toExtend<NonNullable<ChatClientOptions['strict']>>();
});

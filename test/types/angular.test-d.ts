import type { EnvironmentProviders, InjectionToken, Injector, ResourceRef, Signal } from '@angular/core';
import type {
  ChatClient,
  ChatCompletion,
  ChatFailure,
  ChatMessage,
  ChatRequest,
  ConfigSource,
  DeepPartial,
  Transport,
} from 'rx-groq';
import {
  CHAT_CLIENT,
  type Chat,
  type ChatClientFeature,
  type ChatInterceptor,
  type ChatResource,
  type ChatResourceOptions,
  type ChatStatus,
  type ChatTestingController,
  chatResource,
  injectChat,
  injectChatClient,
  type ObjectResource,
  objectResource,
  provideChatClient,
  provideChatClientTesting,
  type SentChat,
  withClientOptions,
  withInterceptors,
  withTransport,
} from 'rx-groq/angular';
import { of } from 'rxjs';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

describe('providers', () => {
  it('are those of an environment, so that no component can have them', () => {
    expectTypeOf(provideChatClient()).toEqualTypeOf<EnvironmentProviders>();
    expectTypeOf(provideChatClientTesting()).toEqualTypeOf<EnvironmentProviders>();
  });

  it('take what createChatClient takes, or a function that gives it', () => {
    expectTypeOf(provideChatClient).parameter(0).toEqualTypeOf<ConfigSource | (() => ConfigSource) | undefined>();
    provideChatClient({ '*': { base_url: 'https://chat.example.com/v1' } });
    provideChatClient(() => of({ '*': {} }));
    // @ts-expect-error -- no such key
    provideChatClient({ '*': { baseUrl: 'https://chat.example.com/v1' } });
  });

  it('take features', () => {
    const interceptor: ChatInterceptor = next => request => next({ ...request, headers: {} });
    expectTypeOf(withInterceptors([interceptor])).toEqualTypeOf<ChatClientFeature>();
    expectTypeOf(withTransport).parameter(0).toEqualTypeOf<Transport>();
    provideChatClient(
      {},
      withClientOptions({ maxQueue: 1 }),
      withClientOptions(() => ({ aging: 0 })),
    );
    // @ts-expect-error -- no such option
    withClientOptions({ maxQueues: 1 });
  });
});

it('the token and what it injects is a client', () => {
  expectTypeOf(CHAT_CLIENT).toEqualTypeOf<InjectionToken<ChatClient>>();
  expectTypeOf(injectChatClient).returns.toEqualTypeOf<ChatClient>();
});

describe('a conversation', () => {
  it('is signals that can be read only', () => {
    const chat = injectChat({ model: 'any' });
    expectTypeOf(chat).toEqualTypeOf<Chat>();
    expectTypeOf(chat.messages).toEqualTypeOf<Signal<readonly ChatMessage[]>>();
    expectTypeOf(chat.answer).toEqualTypeOf<Signal<string>>();
    expectTypeOf(chat.streaming).toEqualTypeOf<Signal<boolean>>();
    expectTypeOf(chat.busy).toEqualTypeOf<Signal<boolean>>();
    expectTypeOf(chat.queuePosition).toEqualTypeOf<Signal<number | null>>();
    expectTypeOf(chat.error).toEqualTypeOf<Signal<ChatFailure | undefined>>();
    // @ts-expect-error -- no writable signal
    chat.answer.set('');
  });

  it('has a status that narrows by its state', () => {
    const status = {} as ChatStatus;
    if (status.state === 'queued') expectTypeOf(status.etaMs).toEqualTypeOf<number | null>();
    if (status.state === 'done') expectTypeOf(status.completion).toEqualTypeOf<ChatCompletion>();
    if (status.state === 'error') expectTypeOf(status.error).toEqualTypeOf<ChatFailure>();
  });

  it('takes fields of a request, but for those that it fills in', () => {
    injectChat({ model: () => 'any', system: () => undefined, request: { max_completion_tokens: 100, priority: 1 } });
    // @ts-expect-error -- the messages are its own
    injectChat({ model: 'any', request: { messages: [] } });
    // @ts-expect-error -- a model is needed
    injectChat({});
  });
});

describe('resources', () => {
  const request = { model: 'any', messages: [{ role: 'user', content: 'Hello' }] };

  it("are Angular's own, and know more", () => {
    const resource = chatResource(() => request);
    expectTypeOf(resource).toEqualTypeOf<ChatResource<string>>();
    expectTypeOf<ChatResource<string>>().toExtend<ResourceRef<string>>();
    expectTypeOf(resource.value()).toEqualTypeOf<string>();
    expectTypeOf(resource.progress).toEqualTypeOf<Signal<ChatStatus>>();
    expectTypeOf(chatResource).parameter(0).toEqualTypeOf<() => ChatRequest | undefined>();
    expectTypeOf<ChatResourceOptions>().toEqualTypeOf<{ readonly onServer?: boolean; readonly injector?: Injector }>();
    // @ts-expect-error -- a request needs messages
    chatResource(() => ({ model: 'any' }));
  });

  it('of data have the type of their schema, in parts while they come', () => {
    interface Town {
      name: string;
      rivers: { name: string }[];
    }
    const schema = z.object({ name: z.string(), rivers: z.array(z.object({ name: z.string() })) });
    const resource = objectResource(schema, () => undefined, { onServer: true });
    expectTypeOf(resource).toEqualTypeOf<ObjectResource<Town>>();
    expectTypeOf(resource.result()).toEqualTypeOf<Town | undefined>();
    expectTypeOf(resource.value()).toEqualTypeOf<DeepPartial<Town> | undefined>();
    // @ts-expect-error -- no schema
    objectResource({}, () => request);
  });
});

it('the controller of tests gives what was sent', () => {
  expectTypeOf<ChatTestingController['expectOne']>().returns.toEqualTypeOf<SentChat>();
  expectTypeOf<SentChat['cancelled']>().toEqualTypeOf<boolean>();
});

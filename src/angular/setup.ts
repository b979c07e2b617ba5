import { DestroyRef, InjectionToken, inject } from '@angular/core';
import { type ChatClient, type ChatClientOptions, createChatClient } from '../client/index.js';
import type { ConfigSource } from '../config/index.js';
import type { Interceptor, Transport } from '../transport/index.js';

/** What `provideChatClient` was told. */
export interface Setup {
  readonly config?: ConfigSource | (() => ConfigSource) | undefined;
  readonly transport?: Transport;
  readonly interceptors?: readonly Interceptor[];
  readonly options?: ChatClientOptions | (() => ChatClientOptions);
}

export const SETUP: InjectionToken<Setup> = /* @__PURE__ */ new InjectionToken('rx-groq: setup');

/** What tests put in the place of the network; it outranks what the application says. */
export interface Backend {
  readonly transport: Transport;
  readonly options: ChatClientOptions;
}

export const BACKEND: InjectionToken<Backend> = /* @__PURE__ */ new InjectionToken('rx-groq: backend of tests');

/** Runs in an injection context, and so do the functions in the setup. The client is closed with that context. */
export function clientOf({ config, interceptors = [], ...setup }: Setup): ChatClient {
  const backend = inject(BACKEND, { optional: true });
  const destroyRef = inject(DestroyRef);
  const transport = backend?.transport ?? setup.transport;
  const options = { ...resolve(setup.options), ...backend?.options };
  const client = createChatClient(resolve(config), {
    ...options,
    ...(transport && { transport }),
    interceptors: [...interceptors, ...(options.interceptors ?? [])],
  });
  destroyRef.onDestroy(() => void client.close());
  return client;
}

function resolve<T extends object | string | undefined>(value: T | (() => T)): T {
  return typeof value === 'function' ? value() : value;
}

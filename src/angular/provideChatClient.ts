import { type EnvironmentProviders, inject, makeEnvironmentProviders } from '@angular/core';
import type { ChatClientOptions } from '../client/index.js';
import type { ConfigSource } from '../config/index.js';
import type { Interceptor, Transport } from '../transport/index.js';
import { CHAT_CLIENT } from './injectChatClient.js';
import { clientOf, SETUP, type Setup } from './setup.js';

/** Made by `withTransport`, `withInterceptors` and `withClientOptions`. */
export interface ChatClientFeature {
  readonly kind: 'transport' | 'interceptors' | 'options';
  /** For the library alone. */
  readonly ɵsetup: Omit<Setup, 'config'>;
}

/** Wraps the network, as the client's own `interceptors`. May `inject()` where it is called. */
export type ChatInterceptor = Interceptor;

/**
 * Provides the client of an application (or of a route): one line and one quota for all that inject it.
 *
 * ```ts
 * bootstrapApplication(App, {
 *   providers: [provideChatClient({ '*': { base_url: 'https://chat.example.com/v1' } })],
 * });
 * ```
 * The configuration may be a function; it runs in the injection context of the client and may `inject()`.
 *
 * **Gotchas**: whatever is in the configuration of a page, its users can read. An `api_key` there is refused: name a server of yours.
 */
export function provideChatClient(
  config?: ConfigSource | (() => ConfigSource),
  ...features: readonly ChatClientFeature[]
): EnvironmentProviders {
  const twice = features.find(({ kind }, index) => features.findIndex(other => other.kind === kind) < index);
  if (twice) throw new TypeError(`provideChatClient: the feature "${twice.kind}" is given twice; give it once`);
  const setup: Setup = Object.assign({ config }, ...features.map(({ ɵsetup }) => ɵsetup));
  return makeEnvironmentProviders([
    { provide: SETUP, useValue: setup },
    { provide: CHAT_CLIENT, useFactory: () => clientOf(inject(SETUP)) },
  ]);
}

/** A network of your own in place of `fetch` (on the server: of undici). */
export function withTransport(transport: Transport): ChatClientFeature {
  return { kind: 'transport', ɵsetup: { transport } };
}

/** The first sees a request first, and its response last. */
export function withInterceptors(interceptors: readonly ChatInterceptor[]): ChatClientFeature {
  return { kind: 'interceptors', ɵsetup: { interceptors } };
}

/** The options of `createChatClient`; as a function they may `inject()`. */
export function withClientOptions(options: ChatClientOptions | (() => ChatClientOptions)): ChatClientFeature {
  return { kind: 'options', ɵsetup: { options } };
}

import { type EnvironmentProviders, inject, makeEnvironmentProviders } from '@angular/core';
import { of } from 'rxjs';
import type { ChatClientOptions } from '../client/index.js';
import { ChatTestingController } from '../testing/index.js';
import { FRAME } from './frame.js';
import { CHAT_CLIENT } from './injectChatClient.js';
import { BACKEND, clientOf, SETUP, type Setup } from './setup.js';

/**
 * Puts a `ChatTestingController` in the place of the network. Alone it knows every model and has no limits; after `provideChatClient` it
 * keeps the application's configuration and interceptors. Nothing waits for frames, and nothing is sent again by itself.
 * @param options of the client, for tests of retries, say; they outrank the application's
 */
export function provideChatClientTesting(options: ChatClientOptions = {}): EnvironmentProviders {
  const backendOf = ({ transport }: ChatTestingController) => ({
    transport,
    options: {
      dangerouslyAllowBrowser: true,
      retry: { maxRetries: 0, maxRefusals: 0 },
      tokenCounter: () => 1,
      ...options,
    },
  });
  return makeEnvironmentProviders([
    { provide: ChatTestingController, useFactory: () => new ChatTestingController() },
    { provide: BACKEND, useFactory: () => backendOf(inject(ChatTestingController)) },
    { provide: FRAME, useValue: of(0) },
    { provide: CHAT_CLIENT, useFactory: () => clientOf(inject(SETUP, { optional: true }) ?? anyModel) },
  ]);
}

const anyModel: Setup = { config: { '*': { base_url: 'http://fake.invalid/v1' } } };

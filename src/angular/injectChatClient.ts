import { assertInInjectionContext, InjectionToken, inject } from '@angular/core';
import type { ChatClient } from '../client/index.js';

/** The client of this injector; given by `provideChatClient`, or by a provider of your own. */
export const CHAT_CLIENT: InjectionToken<ChatClient> = /* @__PURE__ */ new InjectionToken('rx-groq: chat client');

/** The client that `provideChatClient` has set up, made at the first use and closed with its injector. */
export function injectChatClient(): ChatClient {
  assertInInjectionContext(injectChatClient);
  return inject(CHAT_CLIENT);
}

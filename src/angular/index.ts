export { ChatTestingController, type SentChat } from '../testing/index.js';
export type { ChatStatus } from './ChatStatus.js';
export { chatResource } from './chatResource.js';
export { type Chat, type ChatOptions, injectChat } from './injectChat.js';
export { CHAT_CLIENT, injectChatClient } from './injectChatClient.js';
export { type ObjectResource, objectResource } from './objectResource.js';
export type { ChatResource, ChatResourceOptions } from './progressResource.js';
export {
  type ChatClientFeature,
  type ChatInterceptor,
  provideChatClient,
  withClientOptions,
  withInterceptors,
  withTransport,
} from './provideChatClient.js';
export { provideChatClientTesting } from './provideChatClientTesting.js';

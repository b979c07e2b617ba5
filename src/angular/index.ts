export { ChatTestingController, type SentChat } from '../testing/index.js';
export { type Chat, type ChatOptions, type ChatStatus, injectChat } from './injectChat.js';
export { CHAT_CLIENT, injectChatClient } from './injectChatClient.js';
export {
  type ChatClientFeature,
  type ChatInterceptor,
  provideChatClient,
  withClientOptions,
  withInterceptors,
  withTransport,
} from './provideChatClient.js';
export { provideChatClientTesting } from './provideChatClientTesting.js';

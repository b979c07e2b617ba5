export { delta, finish } from './chunks.js';
export { type FakeChatClientOptions, fakeChatClient } from './fakeChatClient.js';
export { type FakeAnswer, type MarbleTransportOptions, marbleTransport } from './marbleTransport.js';

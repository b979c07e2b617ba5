export { ChatTestingController, type ChatTestingControllerOptions, type SentChat } from './ChatTestingController.js';
export { chunkSchema } from './chunkSchema.js';
export { delta, finish } from './chunks.js';
export { type FakeChatClientOptions, fakeChatClient } from './fakeChatClient.js';
export { type FakeAnswer, type MarbleTransportOptions, marbleTransport } from './marbleTransport.js';
export { type RecordOptions, recordTransport } from './recordTransport.js';
export { type ReplayOptions, replayTransport } from './replayTransport.js';

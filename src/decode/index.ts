export { type ChunkListener, ChunkReader } from './chunkReader.js';
export {
  type CompletionBuilder,
  completionBuilder,
  contentOf,
  firstChoice,
  lengthOf,
  reasoningOf,
  textIn,
  usageIn,
  usageOf,
} from './completion.js';
export { createEventParser, longestEvent, type ServerSentEvent } from './eventParser.js';
export { isChunk } from './isChunk.js';
export { type JsonReader, jsonReader } from './jsonReader.js';
export { toolCalls } from './toolCalls.js';

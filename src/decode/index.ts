export { type ChunkReader, chunkReader } from './chunkReader.js';
export { type CompletionBuilder, completionBuilder, contentOf, usageOf } from './completion.js';
export { createEventParser, type ServerSentEvent } from './eventParser.js';

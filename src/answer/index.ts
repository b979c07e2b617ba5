export type * from './ChatChunk.js';
export type * from './ChatCompletion.js';

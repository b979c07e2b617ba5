import type { ChatRequest } from './ChatRequest.js';

/** The fields of a request that are for the library and never sent. */
export const ownFields: readonly (keyof ChatRequest)[] = [
  'priority',
  'context',
  'queueTimeout',
  'fallbacks',
  'signal',
  'continueOnBreak',
];

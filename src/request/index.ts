export type * from './ChatChunk.js';
export type * from './ChatCompletion.js';
export type * from './ChatRequest.js';
export { ownFields } from './ownFields.js';
export { toBody } from './toBody.js';
export { validateRequest } from './validateRequest.js';

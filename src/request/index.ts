export type * from '../answer/index.js';
export type * from './ChatRequest.js';
export { isSignal } from './isSignal.js';
export { ownFields } from './ownFields.js';
export { toBody } from './toBody.js';
export { validateRequest } from './validateRequest.js';

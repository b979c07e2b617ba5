export { chatRequestOf } from './chatRequestOf.js';
export { type Relayed, type RelayOptions, relay } from './relay.js';
export { type ErrorObject, type ErrorReply, replyOf } from './replyOf.js';

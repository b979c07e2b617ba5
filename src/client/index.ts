export type { Budget, BudgetUse } from './Budget.js';
export type * from './ChatClient.js';
export type { ChatEvent } from './ChatEvent.js';
export type { ClientStatus, ModelStatus, StatusCounts } from './ClientStatus.js';
export { createChatClient } from './createChatClient.js';
export type { Gate } from './lanes.js';
export type { ParseOptions } from './parse.js';
export type { ChatProgress } from './watch.js';

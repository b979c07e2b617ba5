export type { SimulatedToolCalls } from './answers.js';
export type { ChatBody, ChatMessage } from './chatBody.js';
export type { Counting } from './counting.js';
export type { Fault, FaultFilter, FaultKind } from './faults.js';
export type {
  ModelStats,
  Outcome,
  RequestTotals,
  SimulatedRequest,
  SimulatorEvent,
  SimulatorStats,
} from './journal.js';
export type { Tokens, WindowKind, WindowStats } from './ledger.js';
export { DEFAULT_MODELS, type SimulatedLimits, type SimulatedModel, type TemplateTokens } from './models.js';
export type { SimulatorOptions } from './options.js';
export type { Range } from './random.js';
export { type Simulator, startSimulator } from './server.js';

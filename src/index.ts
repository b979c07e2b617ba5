export * from './client/index.js';
export type { ChatConfig, ConfigSource, ModelConfig } from './config/index.js';
export type { ServerSentEvent } from './decode/index.js';
export * from './errors/index.js';
export type { TokenCounter } from './estimate/index.js';
export type {
  Calibration,
  Cost,
  ModelLimits,
  Priority,
  RateWindow,
  Unit,
  WindowChange,
  WindowUse,
} from './limits/index.js';
export { contentDeltas } from './operators/contentDeltas.js';
export { decodeEventStream } from './operators/decodeEventStream.js';
export { eachValueFrom } from './operators/eachValueFrom.js';
export type { FairBy } from './operators/fairness.js';
export { type FitMessagesOptions, type FittedRequest, fitMessages } from './operators/fitMessages.js';
export { type JsonFormat, jsonFormat } from './operators/jsonFormat.js';
export { mergeByPriority, type PrioritySources } from './operators/mergeByPriority.js';
export type { PaceOptions, Windows } from './operators/pace.js';
export { parseJson } from './operators/parseJson.js';
export { type DeepPartial, partialJson } from './operators/partialJson.js';
export { rateWindow } from './operators/rateWindow.js';
export { rateWindowMap } from './operators/rateWindowMap.js';
export { reasoningDeltas } from './operators/reasoningDeltas.js';
export type { RetryBudget } from './operators/retryBudget.js';
export { type RetryPolicy, retryTransient } from './operators/retryTransient.js';
export { sentences } from './operators/sentences.js';
export { type SmoothOptions, smooth } from './operators/smooth.js';
export { type SplitTextOptions, splitText } from './operators/splitText.js';
export type { StandardSchema } from './operators/standardSchema.js';
export { type StreamTiming, timing } from './operators/timing.js';
export { toCompletion } from './operators/toCompletion.js';
export { type ToolCallProgress, toolCallDeltas } from './operators/toolCallDeltas.js';
export { scanText, type TextSource, toText } from './operators/toText.js';
export { usage } from './operators/usage.js';
export { withPriority } from './operators/withPriority.js';
export { words } from './operators/words.js';
export {
  memoryQuota,
  type Overflow,
  type Permit,
  type Quota,
  type QuotaNotice,
  type Reserve,
  type WindowUsage,
} from './pacing/index.js';
export type {
  ChatAnswer,
  ChatChoice,
  ChatChunk,
  ChatChunkChoice,
  ChatCompletion,
  ChatContentPart,
  ChatDelta,
  ChatDocument,
  ChatFunction,
  ChatLogprobs,
  ChatMessage,
  ChatRequest,
  ChatResponseFormat,
  ChatRole,
  ChatTool,
  ChatToolCallParam,
  ChatToolChoice,
  ExecutedTool,
  FinishReason,
  McpListTool,
  TokenDebug,
  TokenLogprob,
  ToolCall,
  ToolCallDelta,
  Usage,
  UsageBreakdown,
} from './request/index.js';
export type {
  ConnectionOptions,
  Interceptor,
  ResponseHead,
  Transport,
  TransportRequest,
  UndiciDispatcher,
} from './transport/index.js';
export {
  type Eventually,
  fileUsageStore,
  type LearntPrompt,
  type UsageRecord,
  type UsageStore,
} from './usage/index.js';

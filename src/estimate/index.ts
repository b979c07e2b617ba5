export { byteBound } from './byteBound.js';
export { type CompletionForecast, completionForecast } from './completionForecast.js';
export { actualCost, cachedTokens, capOf, givesBack, type Refund, toCost } from './cost.js';
export { type PromptCalibration, type PromptSample, promptCalibration } from './promptCalibration.js';
export { type RefundWatch, refundWatch } from './refundWatch.js';
export { type Scripts, scriptsOf, type Traits, traitsOf } from './scripts.js';
export type { Countable, TokenCounter } from './TokenCounter.js';
export { type WorkerTokenCounter, workerTokenCounter } from './workerTokenCounter.js';

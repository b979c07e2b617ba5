export { fileUsageStore } from '#fileUsageStore';
export { keepUsage, type Learning, type UsageKeeper } from './keepUsage.js';
export type { Eventually, LearntPrompt, UsageRecord, UsageStore } from './UsageStore.js';

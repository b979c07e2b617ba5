export { fileUsageStore } from '#fileUsageStore';
export { keepUsage, type UsageKeeper } from './keepUsage.js';
export type { Eventually, UsageRecord, UsageStore } from './UsageStore.js';

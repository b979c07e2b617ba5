export { QuotaUnavailableError, type QuotaUnavailableReason } from '../errors/index.js';
export type { QuotaNotice } from '../pacing/index.js';
export type { IoredisClient, NodeRedisClient } from './Link.js';
export { type RedisQuota, type RedisQuotaOptions, redisQuota } from './redisQuota.js';

export type { Backfill } from './backfill.js';
export { type Clock, clockOf } from './clock.js';
export { Entry, type Seat, type Want } from './entry.js';
export type { Foresight } from './foresight.js';
export { memoryQuota } from './memoryQuota.js';
export { type Overflow, type PacedOwner, Pacer, type PacerOptions } from './pacer.js';
export type { FlyingPermit, Permit } from './permit.js';
export type { Counts, Quota } from './quota.js';
export { checkReserve, type Reserve } from './reserve.js';

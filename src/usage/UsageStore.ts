import type { Observable } from 'rxjs';
import type { WindowUsage } from '../pacing/index.js';

/** What has been used of all quotas, as it is stored. JSON, and no more than some kilobytes a pool. */
export interface UsageRecord {
  readonly version: 1;
  /** By the wall clock, in ms since 1970: the instant that all ages are counted from. */
  readonly savedAt: number;
  /** What has been counted in each window of each pool; a pool has its model's name unless the config gives it one. */
  readonly pools: Readonly<Record<string, readonly WindowUsage[]>>;
  /** What has been learnt of the prompts of each model: its newest, as they were estimated and as the server counted them. */
  readonly prompts?: Readonly<Record<string, readonly LearntPrompt[]>>;
}

/** In tokens; `messages` is how many it had, `scripts` how many characters of each group of scripts. */
export type LearntPrompt = readonly [estimated: number, messages: number, actual: number, ...scripts: number[]];

/** At once, or later. Of an Observable the first value counts. */
export type Eventually<T> = T | PromiseLike<T> | Observable<T>;

/**
 * Where use outlives the process, so that a job that is started again in the afternoon does not begin a new day's quota. Given to
 * `createChatClient` as `usageStore`.
 *
 * ```ts
 * const usageStore: UsageStore = {
 *   load: () => JSON.parse(localStorage.getItem('usage') ?? 'null'),
 *   save: usage => localStorage.setItem('usage', JSON.stringify(usage)),
 * };
 * ```
 *
 * **Gotchas** A store belongs to one client at a time and to the keys of one account. Where it throws, fails, or gives what is no
 * record, that is an event (`store_error`), and the client goes on without it.
 * @see fileUsageStore
 */
export interface UsageStore {
  /**
   * What was saved last; null or undefined where nothing was. Asked once, when the client is made. Where it answers at once (or throws),
   * nothing waits for it; else requests wait until it does, for 10 s at the most.
   */
  load(): Eventually<UsageRecord | null | undefined>;
  /** Keeps it in place of what was saved before. Never called again before it is done. */
  save(usage: UsageRecord): Eventually<unknown>;
}

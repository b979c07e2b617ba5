import type { UsageStore } from './UsageStore.js';

/** @throws TypeError: there are no files in a browser */
export function fileUsageStore(path: string): UsageStore {
  throw new TypeError(
    `fileUsageStore: ${path}: there are no files in a browser. Write a UsageStore over localStorage.`,
  );
}

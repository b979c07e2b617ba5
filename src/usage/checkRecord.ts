import type { WindowUsage } from '../pacing/index.js';
import type { UsageRecord } from './UsageStore.js';

/** ms; what is in flight is never to be counted from further in the future than this. */
const mostAhead = 3_600_000;

/** @throws TypeError for anything but a record, saying what is wrong */
export function checkRecord(value: unknown): UsageRecord {
  const record = value as UsageRecord;
  if (!isObject(value)) wrong('record', 'an object', value);
  if (record.version !== 1) wrong('version', '1', record.version);
  if (!Number.isFinite(record.savedAt)) wrong('savedAt', 'ms since 1970', record.savedAt);
  if (!isObject(record.pools)) wrong('pools', 'an object', record.pools);
  for (const [pool, windows] of Object.entries(record.pools)) {
    if (!Array.isArray(windows)) wrong(`pools.${pool}`, 'an array', windows);
    for (const [index, window] of windows.entries()) checkWindow(`pools.${pool}[${index}]`, window);
  }
  if (record.prompts === undefined) return record; // as it was before there were any
  if (!isObject(record.prompts)) wrong('prompts', 'an object', record.prompts);
  for (const [model, prompts] of Object.entries(record.prompts)) {
    if (!Array.isArray(prompts) || !prompts.every(isPrompt)) {
      wrong(`prompts.${model}`, '[estimated, messages, actual, ...scripts] each', prompts);
    }
  }
  return record;
}

function isPrompt(value: unknown): boolean {
  return Array.isArray(value) && value.length >= 3 && value.every(number => Number.isFinite(number) && number >= 0);
}

function checkWindow(name: string, window: WindowUsage): void {
  if (!isObject(window)) wrong(name, 'an object', window);
  if (typeof window.unit !== 'string') wrong(`${name}.unit`, 'a name', window.unit);
  if (!(window.per >= 1 && Number.isFinite(window.per))) wrong(`${name}.per`, 'ms', window.per);
  if (!Array.isArray(window.counted)) wrong(`${name}.counted`, 'an array', window.counted);
  for (const entry of window.counted) {
    const [age, amount] = Array.isArray(entry) ? entry : [];
    if (!(Number.isFinite(age) && age >= -mostAhead && amount >= 0 && Number.isFinite(amount))) {
      wrong(`${name}.counted`, 'pairs of an age in ms and an amount', entry);
    }
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(name: string, expected: string, got: unknown): never {
  throw new TypeError(`usage store: ${name}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 100)}`);
}

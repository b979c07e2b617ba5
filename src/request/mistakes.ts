import { RequestInvalidError } from '../errors/index.js';

/** One thing that is wrong in a request. */
export interface Mistake {
  /** Empty for the request as a whole. */
  readonly path: readonly PropertyKey[];
  readonly expected: string;
}

/** More than these are counted only: a thousand wrong messages are one slip. */
const mostTold = 3;

/** At least one mistake as an error, `messages[0].role: expected …, got …`; `field` is the first one's. */
export function toRequestInvalidError(mistakes: readonly Mistake[], input: unknown): RequestInvalidError {
  const told = mistakes.slice(0, mostTold).map(({ path, expected }) => {
    const text = `expected ${expected}, got ${describe(valueAt(input, path), path)}`;
    return path.length === 0 ? text : `${toField(path)}: ${text}`;
  });
  if (mistakes.length > mostTold) told.push(`and ${mistakes.length - mostTold} more`);
  const first = mistakes[0]?.path ?? [];
  const model = valueAt(input, ['model']);
  return new RequestInvalidError(told.join('; '), {
    field: first.length === 0 ? undefined : toField(first),
    model: typeof model === 'string' ? model : undefined,
  });
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input);
}

const longestPath = 12;

/** `messages[0].role`. A key that doesn't look like one may be somebody's text and is not shown. */
function toField(path: readonly PropertyKey[]): string {
  const steps = path.slice(0, longestPath).map((key, depth) => {
    if (typeof key === 'number') return `[${key}]`;
    const name = /^[\w$-]{1,40}$/.test(String(key)) ? String(key) : '…';
    return depth === 0 ? name : `.${name}`;
  });
  return path.length > longestPath ? `${steps.join('')}.…` : steps.join('');
}

/** What was found, without any text that may be part of a prompt. */
function describe(value: unknown, path: readonly PropertyKey[]): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return describeObject(value);
  if (typeof value === 'number' && (isSetting(path) || !Number.isFinite(value))) return String(value);
  if (typeof value === 'boolean' && isSetting(path)) return String(value);
  // A mistaken word is shown; anything longer could be a prompt or a key in the wrong place.
  if (typeof value === 'string' && isSetting(path) && /^[\w.+-]{1,16}$/.test(value)) return `"${value}"`;
  return `a ${typeof value}`;
}

/** Whether the place is one for a setting: a field of the request itself, or a role. */
function isSetting(path: readonly PropertyKey[]): boolean {
  return path.length === 1 ? path[0] !== 'messages' : path.at(-1) === 'role';
}

function describeObject(value: object): string {
  if (typeof (value as { subscribe?: unknown }).subscribe === 'function') return 'an Observable';
  // The built-in classes bear their names: a Promise is the likeliest mistake of all.
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return name === 'Promise' || name === 'Map' || name === 'Set' || name === 'Date' ? `a ${name}` : 'an object';
}

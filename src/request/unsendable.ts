import type { Mistake } from './mistakes.js';
import { ownFields } from './ownFields.js';

const deepest = 500;

/**
 * The first value of a request that JSON can't carry: BigInt, function, symbol, NaN, infinity, undefined in an array, an object that
 * contains itself. `JSON.stringify` throws for some of them; the others it leaves out or turns into null without a word.
 *
 * It looks at every value but at no text, so a long prompt costs nothing.
 */
export function findUnsendable(request: object): Mistake | undefined {
  const path: PropertyKey[] = [];
  const around: object[] = [request];
  for (const [key, value] of Object.entries(request)) {
    if ((ownFields as readonly string[]).includes(key)) continue;
    path.push(key);
    const expected = search(value, path, around);
    if (expected) return { path, expected };
    path.pop();
  }
  return undefined;
}

/** What was expected, if something is wrong: then `path` leads there. `around` holds the objects on the way. */
function search(value: unknown, path: PropertyKey[], around: object[]): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : 'a finite number';
    case 'bigint':
    case 'function':
    case 'symbol':
      return 'a value that JSON can carry';
    case 'object':
      return value === null ? undefined : searchInside(value, path, around);
    default:
      return undefined;
  }
}

function searchInside(value: object, path: PropertyKey[], around: object[]): string | undefined {
  // What it will be written as, only `JSON.stringify` finds out.
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return undefined;
  if (around.includes(value)) return 'a value that does not contain itself';
  if (around.length > deepest) return `at most ${deepest} levels`;
  around.push(value);
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const key of keys) {
    const inner = (value as Record<PropertyKey, unknown>)[key];
    path.push(key);
    const expected =
      inner === undefined && Array.isArray(value) ? 'a value that JSON can carry' : search(inner, path, around);
    if (expected) return expected;
    path.pop();
  }
  around.pop();
  return undefined;
}

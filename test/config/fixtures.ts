import { inspect } from 'node:util';
import { expect } from 'vitest';
import { ConfigError } from '../../src/errors/index.js';

export const realKey = 'gsk_0123456789abcdefghijABCDEFGHIJabcd';

/** The ConfigError that a call throws; anything else fails the test. */
export function configErrorOf(call: () => unknown): ConfigError {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError, nothing was thrown');
}

/** Neither printed in whatever way nor serialised does a value show a secret. */
export function expectHidden(value: unknown, ...secrets: string[]): void {
  const shown = `${inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true })}${JSON.stringify(value)}${String(value)}`;
  for (const secret of secrets) expect(shown).not.toContain(secret);
}

import { ConfigError } from '../errors/index.js';
import type { Catalogue } from './Catalogue.js';

/** A new configuration, or why there is none; then the one before stays in force. */
export type ConfigUpdate =
  | { readonly ok: true; readonly catalogue: Catalogue }
  | { readonly ok: false; readonly error: ConfigError };

export function attempt(make: () => Catalogue): ConfigUpdate {
  try {
    return { ok: true, catalogue: make() };
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, error };
    return failed('the configuration can not be read', error);
  }
}

/** The cause is kept but not quoted: who knows what another program's error quotes. */
export function failed(message: string, cause: unknown): ConfigUpdate {
  const error =
    cause instanceof ConfigError ? cause : new ConfigError(message, { cause, issues: [{ path: '', message }] });
  return { ok: false, error };
}

import type { ChatConfig, ModelConfig } from './ChatConfig.js';
import { unexpand } from './expand.js';
import { mask, maskHeaders } from './mask.js';

/** What an emitted entry was made of, its real key included. Held by the entry object itself and by nothing that can be printed. */
const origins = new WeakMap<object, ModelConfig>();

/** The entry that an emitted one was made of; undefined for an object that was not emitted, a spread copy for instance. */
export function writtenAs(entry: unknown): ModelConfig | undefined {
  return typeof entry === 'object' && entry !== null ? origins.get(entry) : undefined;
}

/**
 * The configuration as it may be seen: frozen, secrets masked, `api_key` not enumerable. It is a configuration itself, of the
 * same meaning; its entry objects keep their real keys when they are put into another.
 */
export function publicForm(written: ReadonlyMap<string, ModelConfig>): ChatConfig {
  return Object.freeze(Object.fromEntries([...written].map(([name, entry]) => [name, publicEntry(entry)])));
}

function publicEntry(written: ModelConfig): ModelConfig {
  const { api_key, headers, ...open } = written;
  const entry = literal({ ...open, ...(headers && { headers: maskHeaders(headers) }) });
  if (api_key) Object.defineProperty(entry, 'api_key', { value: mask(api_key), enumerable: false });
  origins.set(entry, written);
  return Object.freeze(entry);
}

/** A frozen copy whose strings, read as a configuration, mean themselves. */
function literal<T>(value: T): T {
  if (typeof value === 'string') return unexpand(value) as T;
  if (Array.isArray(value)) return Object.freeze(value.map(literal)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, literal(inner)]));
  return copy as T;
}

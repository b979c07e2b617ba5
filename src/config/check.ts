import type { ModelConfig } from './ChatConfig.js';
import { type Environment, variable } from './environment.js';
import { expand } from './expand.js';
import { isGroq } from './host.js';
import { mayHoldSecret } from './mask.js';
import type { Mistake } from './mistakes.js';
import { meant } from './nearest.js';
import { writtenAs } from './publicForm.js';
import { configSchema, isKey, knownKeys, modelKeys } from './schema.js';

/** The entries as written, variables expanded and keys filled in; worth nothing while there are mistakes. */
export interface Checked {
  readonly written: ReadonlyMap<string, ModelConfig>;
  readonly mistakes: readonly Mistake[];
}

/** Checks a configuration of whatever origin and finds all of its mistakes. */
export function check(raw: unknown, env: Environment): Checked {
  const mistakes: Mistake[] = [];
  const parsed = configSchema.safeParse(expandConfig(raw, env, mistakes));
  const unexpanded = new Set(mistakes.map(({ path }) => path.join('\n')));
  for (const issue of parsed.error?.issues ?? []) {
    if (unexpanded.has(issue.path.join('\n'))) continue;
    for (const mistake of explain(issue, raw)) mistakes.push(mistake);
  }
  const written = new Map<string, ModelConfig>();
  // Checked above: each value but "$schema" is a model.
  for (const [name, entry] of Object.entries((parsed.data ?? {}) as Record<string, ModelConfig>)) {
    if (name !== '$schema') written.set(name, withKey(name, entry, env, mistakes));
  }
  return { written, mistakes };
}

/** `$GROQ_API_KEY` is for Groq: no other host, and nobody on the way, gets to see it. */
function withKey(name: string, entry: ModelConfig, env: Environment, mistakes: Mistake[]): ModelConfig {
  const fallback = variable(env, 'GROQ_API_KEY')?.trim();
  if (entry.api_key || !fallback || !isGroq(entry.base_url, 'https:')) return entry;
  if (!isKey(fallback)) {
    const text = 'environment variable GROQ_API_KEY holds characters that no key has';
    mistakes.push({ path: [name, 'api_key'], text });
  }
  return { ...entry, api_key: fallback };
}

// --- expanding ---

/**
 * A copy with the variables in every value that counts expanded. Objects have no prototype, so that `__proto__` is a key like
 * any other; and it is never a good one. What is no plain object becomes null, which the schema refuses.
 */
function expandConfig(raw: unknown, env: Environment, mistakes: Mistake[]): unknown {
  return copy(raw, [], mistakes, (entry, path) => {
    if (path[0] === '$schema') return entry;
    // Its strings are expanded already, and its real key is not to be seen.
    const known = writtenAs(entry);
    if (known) return known;
    return copy(entry, path, mistakes, (value, path) =>
      modelKeys.includes(path[1] as string) ? expandValue(value, path, env, mistakes) : value,
    );
  });
}

function expandValue(value: unknown, path: readonly PropertyKey[], env: Environment, mistakes: Mistake[]): unknown {
  if (typeof value === 'string') {
    const expanded = expand(value, env);
    if ('value' in expanded) return expanded.value;
    mistakes.push(...expanded.problems.map(text => ({ path, text })));
  }
  // No key of the configuration lies deeper; an object that holds itself ends here too.
  if (path.length > 4 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => expandValue(item, [...path, index], env, mistakes));
  return copy(value, path, mistakes, (inner, path) => expandValue(inner, path, env, mistakes));
}

function copy(
  value: unknown,
  path: readonly PropertyKey[],
  mistakes: Mistake[],
  each: (value: unknown, path: readonly PropertyKey[]) => unknown,
): unknown {
  if (Object.prototype.toString.call(value) !== '[object Object]') return null;
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of Object.entries(value as object)) {
    if (key === '__proto__') mistakes.push({ path: [...path, key], text: 'not allowed as a key' });
    else result[key] = each(inner, [...path, key]);
  }
  return result;
}

// --- explaining ---

type Issue = NonNullable<ReturnType<typeof configSchema.safeParse>['error']>['issues'][number];

function explain(issue: Issue, raw: unknown): readonly Mistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({ path: [...issue.path, key], text: unknownKey(key, knownKeys(issue.path)) }));
  }
  const { code, path, message } = issue;
  return [{ path, text: code === 'invalid_key' ? message : `${message}${got(path, raw)}` }];
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = meant(key, known);
  return near === undefined ? `unknown key; known are ${known.join(', ')}` : `unknown key, did you mean "${near}"?`;
}

/** What was written there, before expansion: what a variable holds is nobody's business. Nothing where it may be a secret. */
function got(path: readonly PropertyKey[], raw: unknown): string {
  let value = raw;
  for (const key of path) value = value == null ? undefined : (value as Record<PropertyKey, unknown>)[key];
  if (typeof value !== 'string') return `, got ${show(value)}`;
  if (path.length < 2) return ', got a string';
  if (path[1] === 'api_key' || path[1] === 'headers' || mayHoldSecret(value)) return '';
  return `, got ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return kind === 'Array' || kind === 'Object' ? `an ${kind.toLowerCase()}` : `a ${kind}`;
}

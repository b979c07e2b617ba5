import { ConfigError, type ConfigIssue } from '../errors/index.js';
import { mayHoldSecret } from './mask.js';
import type { Position } from './positions.js';

/** One mistake, before it is known where in a file it stands. */
export interface Mistake {
  /** Empty for a mistake of the whole. */
  readonly path: readonly PropertyKey[];
  /** What was expected and what was found. */
  readonly text: string;
}

/** All mistakes as one error, a line for each: `config.json:12:5 llama.req_per_minute: expected …`. */
export function toConfigError(
  mistakes: readonly (Mistake & { readonly position?: Position | undefined })[],
  source?: string,
): ConfigError {
  const sorted = mistakes.toSorted(
    ({ position: a }, { position: b }) => (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0),
  );
  const lines = sorted.map(({ path, text, position }) => {
    const place = [source, position?.line, position?.column].filter(part => part !== undefined).join(':');
    const what = path.length === 0 ? text : `${dotted(path)}: ${text}`;
    if (place === '') return what;
    return position === undefined ? `${place}: ${what}` : `${place} ${what}`;
  });
  return new ConfigError(lines.join('\n'), { issues: sorted.map(toIssue) });
}

function toIssue({ path, text, position }: Mistake & { readonly position?: Position | undefined }): ConfigIssue {
  // The key alone, an item of a list with the list's.
  const from = path.findLastIndex(key => typeof key !== 'number');
  const message = path.length === 0 ? text : `${dotted(path.slice(from))}: ${text}`;
  return { path: dotted(path), message, ...position };
}

function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>((whole, key) => {
    return typeof key === 'number' || whole === '' ? `${whole}${segment(key)}` : `${whole}.${segment(key)}`;
  }, '');
}

function segment(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`;
  return mayHoldSecret(String(key)) ? '…' : String(key);
}

import type { ChatConfig, ModelConfig } from './ChatConfig.js';
import { check } from './check.js';
import { type Environment, environment } from './environment.js';
import { type ModelEntry, toEntry } from './ModelEntry.js';
import { toConfigError } from './mistakes.js';
import { successorOf } from './models.js';
import { byLikeness } from './nearest.js';
import { publicForm } from './publicForm.js';
import { type Share, shareOf, strictest } from './shares.js';

/** A checked configuration, ready to be asked. */
export interface Catalogue {
  /** As it may be seen: what `config$` emits. */
  readonly config: ChatConfig;
  /** The configured models, `"*"` left out. */
  readonly names: readonly string[];
  /** A model's entry, made of the defaults `"*"` where it is not listed; the same object each time for the same name. */
  entry(model: string): ModelEntry | undefined;
  /** The configured names, the nearest to `model` first. */
  nearest(model: string): readonly string[];
  /** The living model that takes the place of a retired one. */
  successor(model: string): string | undefined;
}

export interface CatalogueOptions {
  /** Where `${NAME}` and `$GROQ_API_KEY` are looked up. @default the process's own environment */
  readonly env?: Environment | undefined;
  /** Where the configuration came from, for messages. */
  readonly source?: string | undefined;
}

/**
 * Checks a configuration object.
 * @throws ConfigError with all mistakes at once
 */
export function catalogueOf(config: ChatConfig, { env = environment(), source }: CatalogueOptions = {}): Catalogue {
  const { written, mistakes } = check(config, env);
  if (mistakes.length > 0) throw toConfigError(mistakes, source);
  return toCatalogue(written);
}

/** The catalogue of entries that have been checked. */
export function toCatalogue(written: ReadonlyMap<string, ModelConfig>): Catalogue {
  const pools = poolsOf(written);
  const entries = new Map<string, ModelEntry>();
  for (const [name, entry] of written) {
    if (name !== '*') entries.set(name, toEntry(name, entry, pools.get(entry.pool ?? name)!));
  }
  const names = Object.freeze([...entries.keys()]);
  const rest = written.get('*');

  return Object.freeze({
    config: publicForm(written),
    names,
    entry(model) {
      const known = entries.get(model);
      if (known || !rest || model === '' || model === '*') return known;
      // In a pool of its own, unless that name is one that listed entries share.
      const entry = toEntry(model, rest, pools.get(rest.pool ?? model) ?? shareOf(rest));
      entries.set(model, entry);
      return entry;
    },
    nearest: model => byLikeness(model, names),
    successor: successorOf,
  } satisfies Catalogue);
}

/** What each pool's entries share. The pool of a model under `"*"` is known only when it is asked for, unless one is named. */
function poolsOf(written: ReadonlyMap<string, ModelConfig>): ReadonlyMap<string, Share> {
  const pools = new Map<string, Share>();
  for (const [name, entry] of written) {
    const pool = entry.pool ?? name;
    if (pool === '*') continue;
    const others = pools.get(pool);
    pools.set(pool, others ? strictest(others, shareOf(entry)) : shareOf(entry));
  }
  return pools;
}

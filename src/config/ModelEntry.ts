import { type QuotaHeaders, toMs, type Window } from '../limits/index.js';
import type { ModelConfig, Price, RateLimitHeaders, TimeoutConfig } from './ChatConfig.js';
import { addressOf, dialectOf, groqUrl } from './host.js';
import { type Share, unlimitedAsInfinity } from './shares.js';

/**
 * One model's configuration, checked and complete. Its key and its headers are not in it, so that it may be printed:
 * ask `apiKeyOf` and `headersOf`, with this very object and no copy.
 */
export interface ModelEntry {
  /** The key in the config; for `"*"` the requested name. */
  readonly name: string;
  /** The name sent. */
  readonly model: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly dialect: 'groq' | 'openai';
  readonly refund: 'learn' | 'usage' | 'never';
  readonly countFrom: 'head' | 'end';
  /** Which headers speak of its windows; undefined: those of the dialect. */
  readonly quotaHeaders: readonly QuotaHeaders[] | undefined;
  /** The own name where none was given. */
  readonly pool: string;
  /** Those of the whole pool: every entry of a pool has the same. */
  readonly windows: readonly Window[];
  /** That of the whole pool; `Infinity` where unlimited. */
  readonly maxConcurrent: number;
  /** `Infinity` where unknown. */
  readonly contextWindow: number;
  /** Per million tokens; undefined where it is not known. */
  readonly price: Price | undefined;
  /** ms; `Infinity` = none, absent = the client's own. */
  readonly timeouts: Readonly<{ connect?: number; head?: number; idle?: number; total?: number }>;
}

const secrets = new WeakMap<ModelEntry, Pick<ModelConfig, 'api_key' | 'headers'>>();

/** The key to send; undefined where there is none. */
export function apiKeyOf(entry: ModelEntry): string | undefined {
  return secrets.get(entry)?.api_key || undefined;
}

/** The further headers to send, names in lower case. */
export function headersOf(entry: ModelEntry): Readonly<Record<string, string>> {
  return secrets.get(entry)?.headers ?? {};
}

export function toEntry(name: string, written: ModelConfig, { windows, maxConcurrent }: Share): ModelEntry {
  const dialect = dialectOf(written);
  const entry: ModelEntry = Object.freeze({
    name,
    model: written.model ?? name,
    baseUrl: addressOf(written.base_url ?? groqUrl)!.href.replace(/\/+$/, ''),
    dialect,
    refund: written.refund ?? (dialect === 'groq' ? 'learn' : 'usage'),
    countFrom: written.count_from ?? 'head',
    quotaHeaders: written.rate_limit_headers?.map(toQuotaHeaders),
    pool: written.pool ?? name,
    windows,
    maxConcurrent,
    contextWindow: unlimitedAsInfinity(written.context_window),
    price: written.price,
    timeouts: toTimeouts(written.timeouts ?? {}),
  });
  const headers = Object.entries(written.headers ?? {}).map(([header, value]) => [header.toLowerCase(), value]);
  secrets.set(entry, { api_key: written.api_key, headers: Object.freeze(Object.fromEntries(headers)) });
  return entry;
}

function toQuotaHeaders({ unit = 'requests', per, limit, remaining, reset }: RateLimitHeaders): QuotaHeaders {
  const [a, b, c] = [limit, remaining, reset].map(name => name.toLowerCase()) as [string, string, string];
  return Object.freeze({ unit, per: toMs(per), limit: a, remaining: b, reset: c });
}

function toTimeouts(timeouts: TimeoutConfig): ModelEntry['timeouts'] {
  const given = Object.entries(timeouts).filter(([, ms]) => ms !== undefined);
  return Object.freeze(Object.fromEntries(given.map(([name, ms]) => [name, unlimitedAsInfinity(ms)])));
}

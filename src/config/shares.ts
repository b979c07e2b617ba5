import { type RateWindow, toWindows, type Unit, type Window } from '../limits/index.js';
import type { ModelConfig } from './ChatConfig.js';
import { dialectOf } from './host.js';

/** What the entries of one pool have in common. */
export interface Share {
  readonly windows: readonly Window[];
  /** `Infinity` where unlimited */
  readonly maxConcurrent: number;
}

const windowKeys = [
  ['req_per_minute', 'requests', '1m'],
  ['req_per_day', 'requests', '1d'],
  ['token_per_minute', 'tokens', '1m'],
  ['token_per_day', 'tokens', '1d'],
  ['input_token_per_minute', 'input_tokens', '1m'],
  ['output_token_per_minute', 'output_tokens', '1m'],
] as const satisfies readonly (readonly [keyof ModelConfig, Unit, string])[];

/** One entry's own limits. Those of its keys are counted as the dialect's server counts; `windows` keep their own kind. */
export function shareOf(entry: ModelConfig): Share {
  const kind = dialectOf(entry) === 'groq' ? 'bucket' : 'sliding';
  const fromKeys = windowKeys.flatMap(([key, unit, per]): RateWindow[] => {
    const limit = unlimitedAsInfinity(entry[key]);
    return limit === Number.POSITIVE_INFINITY ? [] : [{ limit, per, unit, kind }];
  });
  return {
    windows: lowest(toWindows([...fromKeys, ...(entry.windows ?? [])])),
    maxConcurrent: unlimitedAsInfinity(entry.max_concurrent),
  };
}

/** The stricter of both in everything: one server counts them together, and the entry that says less is the one to believe. */
export function strictest(a: Share, b: Share): Share {
  return {
    windows: lowest([...a.windows, ...b.windows]),
    maxConcurrent: Math.min(a.maxConcurrent, b.maxConcurrent),
  };
}

/** A limit of the configuration as a number to compare with: -1 or absent is unlimited. */
export function unlimitedAsInfinity(limit: number | undefined): number {
  return limit === undefined || limit === -1 ? Number.POSITIVE_INFINITY : limit;
}

/** Of windows that differ in nothing but their limit, the lowest; in the order in which they first came. */
function lowest(windows: readonly Window[]): readonly Window[] {
  const kept = new Map<string, Window>();
  for (const window of windows) {
    const key = `${window.unit} ${window.per} ${window.kind}`;
    if (window.limit < (kept.get(key)?.limit ?? Number.POSITIVE_INFINITY)) kept.set(key, window);
  }
  return [...kept.values()];
}

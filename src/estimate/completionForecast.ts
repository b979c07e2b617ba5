/** How long answers become where the request has no cap, from how long they became so far. */
export interface CompletionForecast {
  observe(model: string, completionTokens: number): void;
  /** Tokens that nine of ten answers do not exceed. */
  forecast(model: string): number;
}

export interface CompletionForecastOptions {
  /** Tokens, before anything is known. @default 1024 */
  readonly initial?: number;
  /** @default 0.9 */
  readonly quantile?: number;
  /** Answers remembered per model. @default 64 */
  readonly memory?: number;
}

/** A quantile of the newest answers of each model. `initial` counts as one of them, lest one short answer be the rule. */
export function completionForecast(options: CompletionForecastOptions = {}): CompletionForecast {
  const { initial = 1024, quantile = 0.9, memory = 64 } = options;
  const newest = new Map<string, number[]>();
  return {
    observe(model, completionTokens) {
      const lengths = newest.get(model) ?? [initial];
      lengths.push(completionTokens);
      newest.set(model, lengths.slice(-memory));
    },
    forecast(model) {
      const lengths = (newest.get(model) ?? [initial]).toSorted((a, b) => a - b);
      return lengths[Math.ceil(quantile * lengths.length) - 1]!;
    },
  };
}

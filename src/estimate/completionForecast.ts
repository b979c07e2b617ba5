/** How long answers become where the request has no cap, from how long they became so far. */
export interface CompletionForecast {
  /** @param kind of the request: answers of a kind are as long as others of it */
  observe(model: string, completionTokens: number, kind?: string): void;
  /** Tokens that nine of ten answers do not exceed; the model's, while little is known of the kind. */
  forecast(model: string, kind?: string): number;
}

export interface CompletionForecastOptions {
  /** Tokens, before anything is known. @default 1024 */
  readonly initial?: number;
  /** @default 0.9 */
  readonly quantile?: number;
  /** Answers remembered per model. @default 64 */
  readonly memory?: number;
}

/** Answers of a kind before it is judged by itself. */
const enough = 10;
/** Kinds remembered: a request's own `context.kind` may be anything. */
const mostKinds = 256;

const nameOf = (model: string, kind: string): string => JSON.stringify([model, kind]);

/** A quantile of the newest answers of each model. `initial` counts as one of them, lest one short answer be the rule. */
export function completionForecast(options: CompletionForecastOptions = {}): CompletionForecast {
  const { initial = 1024, quantile = 0.9, memory = 64 } = options;
  const newest = new Map<string, number[]>();
  /** By model and kind; those not seen for longest come first. */
  const ofKind = new Map<string, number[]>();
  const quantileOf = (lengths: readonly number[]): number =>
    lengths.toSorted((a, b) => a - b)[Math.ceil(quantile * lengths.length) - 1]!;
  return {
    observe(model, completionTokens, kind) {
      const lengths = newest.get(model) ?? [initial];
      lengths.push(completionTokens);
      newest.set(model, lengths.slice(-memory));
      if (kind === undefined) return;
      const name = nameOf(model, kind);
      const others = ofKind.get(name) ?? [];
      others.push(completionTokens);
      ofKind.delete(name);
      ofKind.set(name, others.slice(-memory));
      if (ofKind.size > mostKinds) ofKind.delete(ofKind.keys().next().value!);
    },
    forecast(model, kind) {
      const known = kind === undefined ? undefined : ofKind.get(nameOf(model, kind));
      return quantileOf(known && known.length >= enough ? known : (newest.get(model) ?? [initial]));
    },
  };
}

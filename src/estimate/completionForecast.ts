/** How long answers become where the request has no cap, from how long they became so far. */
export interface CompletionForecast {
  /** @param kind of the request: answers of a kind are as long as others of it */
  observe(model: string, completionTokens: number, kind?: string): void;
  /** Tokens that nine of ten answers do not exceed; the model's, while little is known of the kind. */
  forecast(model: string, kind?: string): number;
}

/** Of the answers, so many are no longer than is forecast. */
const quantile = 0.9;
/** Answers remembered of each model and kind. */
const memory = 64;
/** Answers of a kind before it is judged by itself. */
const enough = 10;
/** Kinds remembered: a request's own `context.kind` may be anything. */
const mostKinds = 256;

const nameOf = (model: string, kind: string): string => JSON.stringify([model, kind]);

/** A quantile of the newest answers of each model. `initial` counts as one of them, lest one short answer be the rule. */
export function completionForecast(initial = 1024): CompletionForecast {
  const newest = new Map<string, number[]>();
  /** By model and kind; those not seen for longest come first. */
  const ofKind = new Map<string, number[]>();
  const quantileOf = (lengths: readonly number[]): number =>
    lengths.toSorted((a, b) => a - b)[Math.ceil(quantile * lengths.length) - 1]!;
  const remember = (lengths: Map<string, number[]>, name: string, newest: number, before: number[]): void => {
    const known = [...(lengths.get(name) ?? before), newest].slice(-memory);
    lengths.delete(name);
    lengths.set(name, known);
  };
  return {
    observe(model, completionTokens, kind) {
      remember(newest, model, completionTokens, [initial]);
      if (kind === undefined) return;
      remember(ofKind, nameOf(model, kind), completionTokens, []);
      if (ofKind.size > mostKinds) ofKind.delete(ofKind.keys().next().value!);
    },
    forecast(model, kind) {
      const known = kind === undefined ? undefined : ofKind.get(nameOf(model, kind));
      return quantileOf(known && known.length >= enough ? known : (newest.get(model) ?? [initial]));
    },
  };
}

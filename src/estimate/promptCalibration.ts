/** Raises the estimates of a model whose prompts turned out longer than estimated. */
export interface PromptCalibration {
  /** `estimated` as the counter gave it, before `raise`; `actual` from the answer's `usage.prompt_tokens`. */
  observe(model: string, estimated: number, actual: number): void;
  /** Never less than `estimated`. */
  raise(model: string, estimated: number): number;
}

/** Prompts remembered per model. */
const memory = 32;

/**
 * The largest error of the newest prompts, in proportion for shorter prompts and as it is for longer ones. So neither a
 * wrong tokenizer (an error in proportion) nor a wrong template (the same error for all) can blow up an estimate: ten
 * tokens too few in a prompt of twenty do not make twice as many of five thousand.
 */
export function promptCalibration(): PromptCalibration {
  const newest = new Map<string, { estimated: number; error: number }[]>();
  return {
    observe(model, estimated, actual) {
      const prompts = newest.get(model) ?? [];
      prompts.push({ estimated, error: actual - estimated });
      newest.set(model, prompts.slice(-memory));
    },
    raise(model, estimated) {
      const errors = (newest.get(model) ?? []).map(
        past => past.error * Math.min(1, estimated / Math.max(1, past.estimated)),
      );
      return estimated + Math.ceil(Math.max(0, ...errors));
    },
  };
}

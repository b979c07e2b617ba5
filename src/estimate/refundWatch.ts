/** Finds out, per model, whether the server gives back what it reserved for an answer and was not used (`refund: 'learn'`). */
export interface RefundWatch {
  /** Whether its answers have shown that it does. */
  refunds(model: string): boolean;
  /** @param surplus how much more of a token window the server has left than it would without refund, as a share of the window */
  observe(model: string, surplus: number): void;
  /** The server has refused for want of tokens. */
  refused(model: string): void;
}

/** A share that neither rounding nor the delay of the network explains. */
const telling = 0.05;
/** Answers in a row that must say so. */
const needed = 2;

/** A refusal ends the belief for good: what is given back at one time and not at another can't be counted on. */
export function refundWatch(): RefundWatch {
  const seen = new Map<string, number>();
  const refuted = new Set<string>();
  return {
    refunds: model => (seen.get(model) ?? 0) >= needed && !refuted.has(model),
    observe(model, surplus) {
      const times = seen.get(model) ?? 0;
      if (times < needed) seen.set(model, surplus >= telling ? times + 1 : 0);
    },
    refused(model) {
      if ((seen.get(model) ?? 0) >= needed) refuted.add(model);
    },
  };
}

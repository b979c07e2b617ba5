import type { Cost } from '../limits/index.js';
import type { ChatRequest, Usage } from '../request/index.js';

/** What a request takes of each window. */
export function toCost(promptTokens: number, completionTokens: number): Cost {
  return {
    requests: 1,
    tokens: promptTokens + completionTokens,
    input_tokens: promptTokens,
    output_tokens: completionTokens,
  };
}

/** The most tokens that the answer may have, and what a server reserves for it; undefined where the request does not say. */
export function capOf(request: Pick<ChatRequest, 'max_completion_tokens' | 'max_tokens'>): number | undefined {
  return request.max_completion_tokens ?? request.max_tokens ?? undefined;
}

/**
 * Whether a server gives back what it reserved for a request and was not used: 'usage' = yes, 'never' = no,
 * 'learn' = no, until its headers have shown that it does.
 */
export type Refund = 'usage' | 'learn' | 'never';

/**
 * What an answered request has taken in the end (design, promise 6: `refund` is a property of the dialect). Given back:
 * the prompt without what the server had cached, and the answer. Kept: the whole prompt, and the cap where there was one.
 */
export function actualCost(
  usage: Usage,
  options: { readonly cap?: number | undefined; readonly refund: Refund; readonly learnedRefund: boolean },
): Cost {
  const { cap, refund, learnedRefund } = options;
  if (refund === 'usage' || (refund === 'learn' && learnedRefund)) {
    return toCost(usage.prompt_tokens - (usage.prompt_tokens_details?.cached_tokens ?? 0), usage.completion_tokens);
  }
  return toCost(usage.prompt_tokens, cap ?? usage.completion_tokens);
}

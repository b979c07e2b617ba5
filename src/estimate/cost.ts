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

/** Whether it gives back what of a reservation was not used, as far as is known. */
export function givesBack(refund: Refund, learnedRefund: boolean): boolean {
  return refund === 'usage' || (refund === 'learn' && learnedRefund);
}

/** Of the prompt. Where a server counts otherwise than the API, it is not more than there is. */
export function cachedTokens({ prompt_tokens, prompt_tokens_details: details }: Usage): number {
  const cached = Number(details?.cached_tokens ?? 0);
  return cached > 0 ? Math.min(cached, prompt_tokens) : 0;
}

/**
 * What an answered request has taken in the end (design, promise 6: `refund` is a property of the dialect). Given back:
 * what of the prompt the server had cached, and what of the cap the answer did not use. Under 'learn', as Groq documents, only the cached
 * part until a refund of the rest has been seen; under 'never', nothing.
 */
export function actualCost(
  usage: Usage,
  options: { readonly cap?: number | undefined; readonly refund: Refund; readonly learnedRefund: boolean },
): Cost {
  const { cap, refund, learnedRefund } = options;
  const prompt = usage.prompt_tokens - (refund === 'never' ? 0 : cachedTokens(usage));
  const kept = givesBack(refund, learnedRefund) ? undefined : cap;
  return toCost(prompt, kept ?? usage.completion_tokens);
}

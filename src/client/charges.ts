import type { ChatFailure } from '../errors/index.js';
import { cachedTokens } from '../estimate/index.js';
import type { Cost } from '../limits/index.js';
import type { Usage } from '../request/index.js';
import type { ResponseHead } from '../transport/index.js';
import type { Taken } from './budgets.js';

/*
 * What an attempt that has ended is charged: by the API's windows, and by the user's own budgets.
 */

export const noTokens = { tokens: 0, input_tokens: 0, output_tokens: 0 };

/** The API charges no tokens for a fault of its own, nor for a request that it refused before a model ran: those carry no rate-limit headers. */
export function chargedNothing(failure: ChatFailure, head: ResponseHead | undefined): boolean {
  if (failure.kind === 'request_too_large') return true;
  if (failure.kind !== 'api' && failure.kind !== 'authentication') return false;
  const { status = 0 } = failure;
  return (
    status >= 500 ||
    (status >= 400 && !!head && head.status >= 400 && head.headers['x-ratelimit-limit-tokens'] === undefined)
  );
}

/** No server has seen it. */
export function neverSent(failure: ChatFailure): boolean {
  if (failure.kind === 'stream_timeout') return failure.phase === 'connect';
  return (
    failure.kind === 'connection' &&
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(failure.code ?? '')
  );
}

/** Of a budget: by usage, else by what was counted; nothing where it was never sent, or refused. */
export function taken(
  failure: ChatFailure | undefined,
  usage: Usage | null,
  counted: Cost | undefined,
): Taken | undefined {
  if (failure && (failure.kind === 'rate_limit' || neverSent(failure))) return { input: 0, cached: 0, output: 0 };
  if (usage) {
    return { input: usage.prompt_tokens, cached: cachedTokens(usage), output: usage.completion_tokens };
  }
  return counted && { input: counted.input_tokens ?? 0, cached: 0, output: counted.output_tokens ?? 0 };
}

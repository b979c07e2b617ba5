import type { Priority, WindowUse } from 'rx-groq';
import { type BrokenLine, isResult, type Result } from './Result.js';

/** What came of it all; made of the lines of the results file and of nothing else, so that the two can't disagree. */
export interface Summary {
  readonly answered: number;
  /** Broken lines included. */
  readonly failed: number;
  /** Sendings after a fault of the moment. */
  readonly retried: number;
  /** 429s. */
  readonly refused: number;
  readonly requests: number;
  readonly promptTokens: number;
  readonly answerTokens: number;
  /** ms from the first request's beginning to the last one's end */
  readonly elapsedMs: number;
  readonly tokensPerSecond: number;
  readonly models: readonly ModelShare[];
  readonly waits: readonly { readonly priority: Priority; readonly requests: number; readonly medianMs: number }[];
}

export interface ModelShare {
  readonly model: string;
  /** Of what each window allowed in this time, how much was taken: 0 … 1. */
  readonly shares: readonly { readonly window: WindowUse; readonly share: number }[];
}

/** @param quotas the windows of each model */
export function summarize(
  entries: readonly (Result | BrokenLine)[],
  quotas: ReadonlyMap<string, readonly WindowUse[]>,
): Summary {
  const results = entries.filter(isResult);
  const answers = results.filter(result => result.ok);
  const ends = results.map(({ finishedAt }) => Date.parse(finishedAt));
  const begins = results.map((result, index) => ends[index]! - result.totalMs);
  const elapsedMs = results.length === 0 ? 0 : Math.max(...ends) - Math.min(...begins);
  const answerTokens = sum(answers, ({ usage }) => usage?.completion_tokens ?? 0);
  return {
    answered: answers.length,
    failed: entries.length - answers.length,
    retried: sum(results, ({ attempts, refusals }) => Math.max(0, attempts - 1 - refusals)),
    refused: sum(results, ({ refusals }) => refusals),
    requests: sum(results, ({ attempts }) => attempts),
    promptTokens: sum(answers, ({ usage }) => usage?.prompt_tokens ?? 0),
    answerTokens,
    elapsedMs,
    tokensPerSecond: elapsedMs > 0 ? (answerTokens / elapsedMs) * 1000 : 0,
    models: [...quotas].map(([model, windows]) => {
      const own = results.filter(result => result.model === model);
      return { model, shares: windows.map(window => ({ window, share: shareOf(own, window) })) };
    }),
    waits: waitsOf(results),
  };
}

/** From the first sending to the last, a window allows its limit at once, and once more in each of its lengths. */
function shareOf(results: readonly Result[], { unit, limit, per }: WindowUse): number {
  const sent = results.filter(({ attempts }) => attempts > 0);
  if (sent.length === 0 || limit === 0) return 0;
  const instants = sent.map(({ finishedAt, totalMs, queuedMs }) => Date.parse(finishedAt) - totalMs + queuedMs);
  const allowed = limit * (1 + (Math.max(...instants) - Math.min(...instants)) / per);
  return sum(sent, result => takenBy(result, unit)) / allowed;
}

function takenBy(result: Result, unit: WindowUse['unit']): number {
  if (unit === 'requests') return result.attempts;
  if (!result.ok) return 0;
  const prompt = result.usage?.prompt_tokens ?? 0;
  if (unit === 'input_tokens') return prompt;
  return unit === 'output_tokens' ? result.reservedTokens - prompt : result.reservedTokens;
}

function waitsOf(results: readonly Result[]): Summary['waits'] {
  const priorities = [...new Set(results.map(({ priority }) => priority))].sort((a, b) => a - b);
  return priorities.map(priority => {
    const waits = results.filter(result => result.priority === priority).map(({ queuedMs }) => queuedMs);
    return { priority, requests: waits.length, medianMs: median(waits) };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}

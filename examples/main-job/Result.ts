import type { ChatFailure, FinishReason, Priority, Usage } from 'rx-groq';

/** A request that has ended, as it stands in the results file. Times in ms. */
export type Result = {
  /** Of the input, from 1. */
  readonly line: number;
  readonly context: unknown;
  readonly model: string;
  readonly priority: Priority;
  /** In line, all waits together. */
  readonly queuedMs: number;
  readonly firstTokenMs: number | null;
  readonly totalMs: number;
  /** How often it was sent, */
  readonly attempts: number;
  /** and how often the server refused it with 429. */
  readonly refusals: number;
  /** ISO 8601 */
  readonly finishedAt: string;
} & (Answered | Failed);

interface Answered {
  readonly ok: true;
  readonly answer: string;
  /** `length`: cut off at `max_completion_tokens`. */
  readonly finishReason: FinishReason | null;
  readonly usage: Usage | null;
  /** Prompt and cap: what a Groq quota is charged, however short the answer. */
  readonly reservedTokens: number;
}

interface Failed {
  readonly ok: false;
  readonly error: { readonly kind: ChatFailure['kind']; readonly message: string };
}

/** A line of the input that is no request at all; it stands in the results file, too. */
export interface BrokenLine {
  readonly line: number;
  readonly ok: false;
  readonly error: { readonly kind: 'broken_line'; readonly message: string };
}

export function isResult(entry: Result | BrokenLine): entry is Result {
  return 'model' in entry;
}

import type { ChatRequest } from '../request/index.js';

/** So much may be spent in any interval of length `per`. */
export interface Budget {
  /** Tokens, or money in the currency of the models' prices. */
  readonly limit: number;
  /** ms, or '1h', '1d'. */
  readonly per: number | string;
  /** Money needs a `price` for every model in the config. */
  readonly unit: 'tokens' | 'money';
  /** Whose a request is (a tenant, a user): each has this budget for itself, and a request of nobody (undefined) is not counted. @default all share it */
  readonly key?: (request: ChatRequest) => unknown;
  /** What becomes of a request that would go over: it fails (`BudgetExceededError`), or waits until it would not. @default 'fail' */
  readonly over?: 'fail' | 'wait';
}

/** A budget as it stands. */
export interface BudgetUse {
  readonly unit: 'tokens' | 'money';
  readonly limit: number;
  /** ms */
  readonly per: number;
  /** Undefined where all share it. */
  readonly key: unknown;
  /** By requests that have ended. */
  readonly spent: number;
  /** What those under way may take at the most. */
  readonly reserved: number;
  readonly left: number;
}

import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** The request would go over one of the client's `budgets`: now, or (where it would wait) ever. It was not sent. */
export class BudgetExceededError extends ChatError {
  override readonly kind = 'budget_exceeded' as const;
  override readonly name = 'BudgetExceededError';
  /** Of the budget. */
  readonly unit: 'tokens' | 'money' | undefined;
  readonly limit: number | undefined;
  /** What the request may take at the most. */
  readonly requested: number | undefined;
  readonly left: number | undefined;
  /** Whose budget, where each key has one of its own. */
  readonly key: unknown;

  constructor(
    message: string,
    details: ChatErrorDetails & {
      unit?: 'tokens' | 'money';
      limit?: number;
      requested?: number;
      left?: number;
      key?: unknown;
    } = {},
  ) {
    super(message, details);
    this.unit = details.unit;
    this.limit = details.limit;
    this.requested = details.requested;
    this.left = details.left;
    this.key = details.key;
  }
}

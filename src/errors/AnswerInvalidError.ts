import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** One thing that a schema finds wrong. */
export interface AnswerIssue {
  readonly message: string;
  /** Empty for the value as a whole. */
  readonly path: readonly PropertyKey[];
}

export interface AnswerInvalidDetails extends ChatErrorDetails {
  reason?: AnswerInvalidError['reason'];
  text?: string | undefined;
  issues?: readonly AnswerIssue[] | undefined;
  finishReason?: string | null | undefined;
}

/** The answer came, but is not the JSON that was asked for. `text` holds what the model wrote. */
export class AnswerInvalidError extends ChatError {
  override readonly kind = 'answer_invalid' as const;
  override readonly name = 'AnswerInvalidError';
  /**
   * `cut`: it ends early, by the output cap or a filter, or because the stream was left; also arguments of a tool.
   * `empty`: there is no text · `refused`: the model says that it won't; `text` is how · `not_json`: a character that can't stand there
   * · `schema`: JSON, but not what the schema describes; see `issues`
   */
  readonly reason: 'cut' | 'empty' | 'refused' | 'not_json' | 'schema' | undefined;
  /** What came, whole. */
  readonly text: string;
  /** What the schema found wrong; empty for every other reason. */
  readonly issues: readonly AnswerIssue[];
  readonly finishReason: string | null | undefined;

  constructor(message: string, details: AnswerInvalidDetails = {}) {
    super(message, details);
    this.reason = details.reason;
    this.text = details.text ?? '';
    this.issues = details.issues ?? [];
    this.finishReason = details.finishReason;
    // The model's words, not the caller's; still they make a log unreadable.
    Object.defineProperty(this, 'text', { enumerable: false });
  }
}

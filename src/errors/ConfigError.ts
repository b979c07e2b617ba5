import { ChatError, type ChatErrorDetails } from './ChatError.js';

/** One mistake in a configuration. */
export interface ConfigIssue {
  /** Dotted path of the key, for instance `llama-3.1-8b-instant.req_per_minute`. */
  readonly path: string;
  /** What is wrong and what was expected; never a secret's value. */
  readonly message: string;
  /** 1-based position in the file, where there is a file. */
  readonly line?: number;
  readonly column?: number;
}

/** The configuration can't be used. `issues` lists all mistakes at once. */
export class ConfigError extends ChatError {
  override readonly kind = 'config' as const;
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(message: string, details: ChatErrorDetails & { issues?: readonly ConfigIssue[] } = {}) {
    super(message, details);
    this.issues = details.issues ?? [];
  }
}

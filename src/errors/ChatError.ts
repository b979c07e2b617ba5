/** What every failure of the library can tell. All fields are optional when one is made by hand (in a test, say). */
export interface ChatErrorDetails {
  /** The model of the request, as named in the config. */
  model?: string | undefined;
  /** The library's id of the request (`events$` uses the same), or the server's `x-request-id` where only that is known. */
  requestId?: string | undefined;
  /** The server's own id of the request, its `x-request-id`: what its support asks for. */
  serverRequestId?: string | undefined;
  /** HTTP status of the response; for an error inside a stream the one it names, else the 200 it came with. */
  status?: number | undefined;
  /**
   * What the server said: the error object of its answer, else the first 500 characters of its body. Keys, organization ids and what it
   * repeats of the prompt are taken out.
   */
  body?: unknown;
  /** Attempts made so far, refusals included; 0 = nothing was sent. */
  attempts?: number | undefined;
  /** Whether the same request may succeed if it is sent again unchanged. */
  retryable?: boolean | undefined;
  cause?: unknown;
}

/** Two copies of the library in one program must know each other's errors, so the brand is a registered symbol. */
const brand: unique symbol = Symbol.for('rx-groq.ChatError') as never;

/**
 * Base of every error that the library delivers. Tell them apart by `kind`, which narrows `ChatFailure`.
 *
 * Not a `ChatError`: a TypeError for a misused operator (thrown when it is made), and whatever a user's own callback throws.
 */
export abstract class ChatError extends Error {
  abstract readonly kind: string;
  /** Written out in each class: minifiers change the names of classes. */
  abstract override readonly name: string;
  readonly model: string | undefined;
  readonly requestId: string | undefined;
  readonly attempts: number;
  readonly retryable: boolean;
  // Properties only where there was a response.
  /** The server's own id of the request, its `x-request-id`: what its support asks for. */
  declare readonly serverRequestId: string | undefined;
  /** HTTP status of the response; for an error inside a stream the one it names, else the 200 it came with. */
  declare readonly status: number | undefined;
  /**
   * What the server said: the error object of its answer, else the first 500 characters of its body. Keys, organization ids and what it
   * repeats of the prompt are taken out.
   */
  declare readonly body: unknown;

  constructor(message: string, details: ChatErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.model = details.model;
    this.requestId = details.requestId;
    this.attempts = details.attempts ?? 0;
    this.retryable = details.retryable ?? false;
    const { serverRequestId, status, body } = details;
    annotate(this, { serverRequestId, status, body });
    Object.defineProperty(this, brand, { value: true });
  }

  /** For logs: all fields but stack and cause. No key and no prompt is ever among them. */
  toJSON(): Record<string, unknown> {
    return { ...(this as object), message: this.message };
  }
}

/** True for every error of this library, also of another copy of it. */
export function isBranded(error: unknown): error is ChatError {
  return typeof error === 'object' && error !== null && (error as { [brand]?: boolean })[brand] === true;
}

/**
 * Adds what only the client knows (model, id, attempts) to an error that was made further down the street.
 * The error object stays the same one, so its stack still points to where it came from.
 */
export function annotate<E extends ChatError>(error: E, details: Omit<ChatErrorDetails, 'cause'>): E {
  for (const [name, value] of Object.entries(details)) {
    if (value !== undefined) Reflect.set(error, name, value); // somebody may have frozen it
  }
  return error;
}

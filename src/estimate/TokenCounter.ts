import type { Observable } from 'rxjs';
import type { ChatRequest } from '../request/index.js';

/** What of a request becomes its prompt. */
export type Countable = Pick<
  ChatRequest,
  'model' | 'messages' | 'tools' | 'functions' | 'documents' | 'response_format'
>;

/**
 * The tokens of a prompt as the server counts them, its chat template included; `model` is the name that is sent.
 * What is estimated too low is refused by the server, what is estimated too high is quota unused until the answer settles it.
 *
 * A number is taken in the same turn and keeps virtual time exact; an Observable emits one number. Beyond `atMost` nobody needs to know
 * exactly: a counter may stop there and answer any number above it that the prompt has at least.
 */
export type TokenCounter = (request: Countable, atMost?: number) => number | Observable<number>;

import { type Observable, Subject, tap } from 'rxjs';
import { ConnectionError } from '../errors/index.js';
import type { ChatChunk, ChatRequest } from '../request/index.js';
import { marbleTransport } from '../testing/index.js';
import type { Transport } from '../transport/index.js';

/** A request that the client has sent, and its answer in the test's hands. */
export interface SentChat {
  /** As it went over the wire. */
  readonly request: ChatRequest;
  /** It was unsubscribed before its answer had ended. */
  readonly cancelled: boolean;
  /** Parts of the answer; it goes on. */
  emit(...deltas: readonly (string | ChatChunk)[]): void;
  /** The whole answer, or what is left of it: emits these and ends. */
  flushDeltas(...deltas: readonly (string | ChatChunk)[]): void;
  /** Fails: with the status of a `RateLimitError`, `ApiError`, …; with any other error as a connection that broke. */
  error(error?: Error): void;
}

/** The requests meant: of a model, with this in their last message, or by any test of yours. Left out: all. */
type Match = string | ((request: ChatRequest) => boolean);

/**
 * The network of a test, as `HttpTestingController` is: sees what is sent, and answers it.
 *
 * ```ts
 * TestBed.configureTestingModule({ providers: [provideChatClientTesting()] });
 * const chat = TestBed.runInInjectionContext(() => injectChat({ model: 'any' }));
 * chat.send('Hello');
 * TestBed.inject(ChatTestingController).expectOne('Hello').flushDeltas('Hi', '!');
 * expect(chat.answer()).toBe('Hi!');
 * ```
 */
export class ChatTestingController {
  /** Sent and not yet asked for, in order. */
  readonly #unmatched: SentChat[] = [];
  /** For `provideChatClientTesting`. */
  readonly transport: Transport = marbleTransport(request => {
    const { sent, answer$ } = sentChat(request);
    this.#unmatched.push(sent);
    return answer$;
  });

  /** The one request that is meant; none or several are an error. */
  expectOne(match?: Match): SentChat {
    const found = this.match(match);
    if (found.length === 1) return found[0]!;
    this.#unmatched.push(...found);
    throw new Error(
      `Expected one chat request${named(match)}, found ${found.length}. Sent and not yet matched: ${list(this.#unmatched)}.`,
    );
  }

  expectNone(match?: Match): void {
    const found = this.#unmatched.filter(({ request }) => isMeant(request, match));
    if (found.length > 0) throw new Error(`Expected no chat request${named(match)}, found ${list(found)}.`);
  }

  /** All that are meant; they count as expected. */
  match(match?: Match): SentChat[] {
    const found = this.#unmatched.filter(({ request }) => isMeant(request, match));
    for (const sent of found) this.#unmatched.splice(this.#unmatched.indexOf(sent), 1);
    return found;
  }

  /** Nothing was sent that the test has not expected. */
  verify({ ignoreCancelled = false }: { readonly ignoreCancelled?: boolean } = {}): void {
    const open = this.#unmatched.filter(({ cancelled }) => !(ignoreCancelled && cancelled));
    if (open.length > 0) throw new Error(`Expected no further chat requests, found ${list(open)}.`);
  }
}

function sentChat(request: ChatRequest): { sent: SentChat; answer$: Observable<string | ChatChunk> } {
  const answer = new Subject<string | ChatChunk>();
  let over: 'cancelled' | 'answered' | undefined;
  const open = (): Subject<string | ChatChunk> => {
    if (over) throw new Error(`This chat request has been ${over} already; nobody takes an answer any more.`);
    return answer;
  };
  const emit: SentChat['emit'] = (...deltas) => {
    for (const delta of deltas) open().next(delta);
  };
  const sent: SentChat = {
    request,
    get cancelled() {
      return over === 'cancelled';
    },
    emit,
    flushDeltas(...deltas) {
      emit(...deltas);
      open().complete();
    },
    error: (error = new ConnectionError('The fake connection broke.')) => open().error(error),
  };
  const end = (how: typeof over) => (): void => {
    over = how;
  };
  const ends = { unsubscribe: end('cancelled'), complete: end('answered'), error: end('answered') };
  return { sent, answer$: answer.pipe(tap(ends)) };
}

function isMeant(request: ChatRequest, match: Match | undefined): boolean {
  if (typeof match === 'function') return match(request);
  return match === undefined || request.model === match || lastText(request).includes(match);
}

function lastText({ messages }: ChatRequest): string {
  return JSON.stringify(messages.at(-1)?.content ?? '');
}

function named(match: Match | undefined): string {
  if (match === undefined) return '';
  return typeof match === 'string' ? ` matching ${JSON.stringify(match)}` : ' that the function takes';
}

function list(sent: readonly SentChat[]): string {
  return sent.map(({ request }) => `${request.model} ${lastText(request)}`).join(', ') || 'none';
}

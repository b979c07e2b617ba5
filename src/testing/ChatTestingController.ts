import { from, type Observable, type ObservableInput, type SchedulerLike, Subject, Subscription, tap } from 'rxjs';
import { ConnectionError } from '../errors/index.js';
import { clockOf } from '../pacing/index.js';
import type { ChatChunk, ChatRequest } from '../request/index.js';
import type { Transport } from '../transport/index.js';
import { type FakeAnswer, marbleTransport } from './marbleTransport.js';

/** A request that the client has sent, and its answer in the test's hands. */
export interface SentChat {
  /** As it went over the wire. */
  readonly request: ChatRequest;
  /** ms since the controller was made. */
  readonly sentAt: number;
  /** It was unsubscribed before its answer had ended. */
  readonly cancelled: boolean;
  /** Parts of the answer; it goes on. */
  emit(...deltas: readonly (string | ChatChunk)[]): void;
  /** The whole answer, or what is left of it, in its own time: `['Hi', '!']`, or `cold('--a-b|')`. */
  flush(answer: ObservableInput<string | ChatChunk>): void;
  /** The same, at once: emits these and ends. */
  flushDeltas(...deltas: readonly (string | ChatChunk)[]): void;
  /** Fails: with the status of a `RateLimitError`, `ApiError`, …; with any other error as a connection that broke. */
  fail(error?: Error): void;
  /** The same as `fail`; `HttpTestingController` calls it so. */
  error(error?: Error): void;
}

/** The requests meant: of a model, with this in their last message, or by any test of yours. Left out: all. */
type Match = string | ((request: ChatRequest) => boolean);

export interface ChatTestingControllerOptions {
  /** @default RxJS's clock, virtual inside `TestScheduler.run` */
  readonly scheduler?: SchedulerLike;
}

/**
 * The network of a test, as `HttpTestingController` is: sees what is sent, and answers it.
 *
 * ```ts
 * const network = new ChatTestingController();
 * const client = fakeChatClient({ answer: network.answer });
 * client.stream(request).pipe(toText()).subscribe(text => expect(text).toBe('Hi!'));
 * network.expectOne('Hello').flushDeltas('Hi', '!');
 * network.verify();
 * ```
 * What was sent when is a diagram, too: `expectObservable(network.sent$.pipe(map(({ request }) => …))).toBe('a 9ms b')`.
 */
export class ChatTestingController {
  /** Sent and not yet asked for, in order. */
  readonly #unmatched: SentChat[] = [];
  readonly #sent = new Subject<SentChat>();
  /** Each request as it is sent; hot. */
  readonly sent$: Observable<SentChat> = this.#sent.asObservable();
  /** For `fakeChatClient`. */
  readonly answer: FakeAnswer;
  /** For a client of your own. */
  readonly transport: Transport;

  constructor({ scheduler }: ChatTestingControllerOptions = {}) {
    const clock = clockOf(scheduler);
    const madeAt = clock.now();
    this.answer = request => {
      const { sent, answer$ } = sentChat(request, clock.now() - madeAt);
      this.#unmatched.push(sent);
      this.#sent.next(sent);
      return answer$;
    };
    this.transport = marbleTransport(this.answer, scheduler && { scheduler });
  }

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

function sentChat(request: ChatRequest, sentAt: number): { sent: SentChat; answer$: Observable<string | ChatChunk> } {
  const answer = new Subject<string | ChatChunk>();
  const flushed = new Subscription();
  let over: 'cancelled' | 'answered' | undefined;
  const open = (): Subject<string | ChatChunk> => {
    if (over) throw new Error(`This chat request has been ${over} already; nobody takes an answer any more.`);
    return answer;
  };
  const emit: SentChat['emit'] = (...deltas) => {
    for (const delta of deltas) open().next(delta);
  };
  const fail: SentChat['fail'] = (error = new ConnectionError('The fake connection broke.')) => open().error(error);
  const sent: SentChat = {
    request,
    sentAt,
    get cancelled() {
      return over === 'cancelled';
    },
    emit,
    flush(answer) {
      flushed.add(from(answer).subscribe(open()));
    },
    flushDeltas(...deltas) {
      emit(...deltas);
      open().complete();
    },
    fail,
    error: fail,
  };
  const end = (how: typeof over) => (): void => {
    over = how;
    flushed.unsubscribe();
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

import { Subscriber, type Subscription } from 'rxjs';
import { type ChunkListener, ChunkReader, usageIn, usageOf } from '../decode/index.js';
import { annotate } from '../errors/ChatError.js';
import { ConnectionError, isChatError, type StreamBrokenError } from '../errors/index.js';
import { inletOf } from '../operators/inlet.js';
import type { Clock } from '../pacing/index.js';
import type { ChatChunk, ChatCompletion, Usage } from '../request/index.js';
import {
  beginningOf,
  errorIn,
  type FailureContext,
  failureOf,
  isHead,
  placeInComment,
  placeInHeaders,
  type QueuePlace,
  type ResponseHead,
  redactorFor,
  type Transport,
  type TransportRequest,
} from '../transport/index.js';
import type { Timeouts } from './ChatClient.js';
import { brokenOff, notAnAnswer, timedOut } from './exchangeFailures.js';

/** What an exchange is asked to do, and whom it tells about what the answer's consumer does not see. */
export interface ExchangeOptions {
  readonly transport: Transport;
  readonly wire: TransportRequest;
  readonly streaming: boolean;
  readonly timeouts: Required<Timeouts>;
  readonly clock: Clock;
  readonly wallNow: () => number;
  readonly model: string;
  /** A sentence for errors that name the model, for instance its successor. */
  readonly advice: string | undefined;
  readonly listener: HeadListener;
}

export interface HeadListener {
  /** The response's head has come. */
  begun(head: ResponseHead): void;
  /** It is a gateway, and has the request in its own line; undefined: no longer. */
  standing(place: QueuePlace | undefined): void;
}

/** An error body beyond this is no error message. */
const longestErrorBody = 65_536;

/**
 * One attempt: sends, and the subscriber gets the answer: its chunks if it streams, else one `ChatCompletion`. Fails with what the server said,
 * as a typed error. Knows nothing of quotas and retries.
 */
export function exchange(options: ExchangeOptions, subscriber: Subscriber<ChatChunk | ChatCompletion>): void {
  try {
    new Reading(subscriber, options).begin();
  } catch (error) {
    subscriber.error(error);
  }
}

/** Reads a response: the head, then a stream of events or a body. A class for the reason that makes `ChunkReader` one. */
class Reading extends Subscriber<ResponseHead | Uint8Array> implements ChunkListener {
  private readonly reader: ChunkReader = new ChunkReader(this);
  private head: ResponseHead | undefined;
  /** The body is a stream of events. */
  private events = false;
  /** When the last content came; before the head: when it was sent. */
  private heardAt = 0;
  /** Looks whether anything has come. */
  private timer: Subscription | undefined;
  private looksAt = 0;
  /** In the line of a gateway. */
  private waitsThere = false;
  private text = '';
  private textDecoder: TextDecoder | undefined;
  /** Whoever reads is slow, so the server waits for us. */
  private held = false;

  /** Out of the sight of `console.log(subscription)`: the key is in it. */
  readonly #options: ExchangeOptions;

  constructor(
    private readonly subscriber: Subscriber<ChatChunk | ChatCompletion>,
    options: ExchangeOptions,
  ) {
    super(subscriber); // so it is unsubscribed with it
    this.#options = options;
  }

  begin(): void {
    const { transport, wire, timeouts, clock } = this.#options;
    if (timeouts.total !== Number.POSITIVE_INFINITY) {
      this.add(clock.schedule(() => this.timeOut('total'), timeouts.total));
    }
    this.heardAt = clock.now();
    this.watchPause();
    transport(wire).subscribe(this);
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    this.reader.forget();
  }

  chunk(chunk: ChatChunk): void {
    this.subscriber.next(chunk);
  }

  done(): void {
    this.head?.enough?.();
    this.subscriber.complete();
  }

  failed(data: string, status: number | undefined): void {
    this.fail(failureOf(status ?? 200, this.head?.headers ?? {}, data, this.context()));
  }

  broken(error: StreamBrokenError): void {
    this.fail(error);
  }

  /** Who waits in a gateway's line hears of it now and then: that is no silence, other than what keeps a connection open. */
  comment(text: string): void {
    const place = this.waitsThere && this.reader.count === 0 ? placeInComment(text) : undefined;
    if (!place) return;
    this.waitsThere = place !== 'sent';
    this.heardAt = this.#options.clock.now();
    this.#options.listener.standing(place === 'sent' ? undefined : place);
  }

  protected override _next(event: ResponseHead | Uint8Array): void {
    try {
      if (isHead(event)) this.begun(event);
      else if (this.events) this.readEvents(event);
      else this.readBody(event);
    } catch (error) {
      this.fail(error);
    }
  }

  /** A transport's error: before the head it is a connection that failed, after it an answer that broke off. */
  protected override _error(error: unknown): void {
    const { head, reader } = this;
    if (head && head.status >= 400) this.endWhole(head);
    else this.fail(brokenOff(error, head, reader, this.#options.model));
  }

  protected override _complete(): void {
    const { head } = this;
    if (!head)
      this.fail(new ConnectionError('The connection ended without a response.', { model: this.#options.model }));
    else if (this.events) this.reader.end();
    else this.endWhole(head);
  }

  private begun(head: ResponseHead): void {
    const options = this.#options;
    this.head = head;
    this.events = options.streaming && isStream(head);
    options.listener.begun(head);
    this.heardAt = options.clock.now();
    this.watchPause();
    if (this.events) this.letHold(head);
    const place = this.events ? placeInHeaders(head.headers) : undefined;
    if (!place || this.closed) return;
    this.waitsThere = true;
    options.listener.standing(place);
  }

  private letHold({ pause, resume }: ResponseHead): void {
    const inlet = pause && resume && inletOf(this.subscriber);
    if (!inlet) return;
    const hold = (): void => {
      this.held = true;
      pause();
    };
    const flow = (): void => {
      this.held = false;
      this.heardAt = this.#options.clock.now();
      this.watchPause();
      resume();
    };
    this.add(inlet.attach({ hold, flow }));
  }

  private readEvents(bytes: Uint8Array): void {
    const { reader } = this;
    const before = reader.count;
    reader.feed(bytes);
    if (reader.count > before) this.heardAt = this.#options.clock.now();
  }

  private readBody(bytes: Uint8Array): void {
    this.heardAt = this.#options.clock.now();
    if (this.#options.streaming && this.text.length > longestErrorBody) return;
    this.textDecoder ??= new TextDecoder();
    this.text += this.textDecoder.decode(bytes, { stream: true });
  }

  private endWhole(response: ResponseHead): void {
    const { text, subscriber } = this;
    const options = this.#options;
    const completion = options.streaming ? undefined : parseCompletion(text);
    if (completion) {
      subscriber.next(completion);
      subscriber.complete();
    } else if (response.status < 400 && !errorIn(text)) {
      this.fail(notAnAnswer(response, text, options));
    } else {
      this.fail(failureOf(response.status, response.headers, text, this.context()));
    }
  }

  /** One timer for all pauses: it looks when something last came, and sets itself for what is left. */
  private watchPause(): void {
    const { clock } = this.#options;
    const due = this.due();
    if (this.timer && this.looksAt <= due) return;
    this.forgetTimer();
    if (this.closed || due === Number.POSITIVE_INFINITY) return;
    this.looksAt = due;
    this.timer = clock.schedule(() => {
      this.forgetTimer();
      if (this.due() > clock.now()) this.watchPause();
      else this.timeOut(this.head ? 'idle' : 'head');
    }, due - clock.now());
    this.add(this.timer);
  }

  private forgetTimer(): void {
    if (!this.timer) return;
    this.timer.unsubscribe();
    this.remove(this.timer);
    this.timer = undefined;
  }

  private due(): number {
    const { head, idle } = this.#options.timeouts;
    if (this.held) return Number.POSITIVE_INFINITY;
    return this.heardAt + (this.head ? idle : head);
  }

  private timeOut(phase: 'head' | 'idle' | 'total'): void {
    const { model, timeouts } = this.#options;
    this.fail(timedOut(phase, timeouts[phase], model, this.reader.received()));
  }

  /** With what the response says of itself. */
  private fail(error: unknown): void {
    const { head } = this;
    if (head && isChatError(error)) {
      annotate(error, {
        status: error.status ?? head.status,
        serverRequestId: head.headers['x-request-id'],
        body: error.kind === 'stream_broken' ? beginningOf(String(error.body), this.context().clean) : undefined,
      });
    }
    this.subscriber.error(error);
  }

  private context(): FailureContext {
    const { model, wallNow, advice, wire } = this.#options;
    return { model, wallNow, advice, clean: redactorFor(wire) };
  }
}

function isStream({ status, headers }: ResponseHead): boolean {
  // A server that does not say what it sends gets the benefit of the doubt; HTML and JSON are surely no stream.
  return status < 400 && !/^(text\/html|application\/json)/i.test(headers['content-type'] ?? '');
}

function parseCompletion(body: string): ChatCompletion | undefined {
  try {
    const parsed: ChatCompletion = JSON.parse(body);
    return parsed?.choices?.[0]?.message && parsed.choices.every(({ message }) => message) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Usage wherever an answer says it. */
export function usageOfAnswer(answer: ChatChunk | ChatCompletion): Usage | undefined {
  return answer.object === 'chat.completion' ? usageIn(answer.usage) : usageOf(answer);
}

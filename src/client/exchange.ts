import { Subscriber } from 'rxjs';
import { type ChunkListener, ChunkReader, isChunk, longestEvent, usageIn, usageOf } from '../decode/index.js';
import { annotate } from '../errors/ChatError.js';
import { ConnectionError, isChatError, type StreamBrokenError } from '../errors/index.js';
import { inletOf } from '../operators/inlet.js';
import { apart, reportUnhandled } from '../pacing/index.js';
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
  type TransportRequest,
} from '../transport/index.js';
import type { Timeouts } from './ChatClient.js';
import type { Call } from './call.js';
import type { Core } from './core.js';
import type { Deadline } from './deadlines.js';
import { brokenOff, endless, notAnAnswer, timedOut } from './exchangeFailures.js';

/** Whose exchange it is: it gets the answer, and hears what the answer's consumer does not see. */
export interface ExchangeOwner extends Subscriber<ChatChunk | ChatCompletion> {
  readonly core: Core;
  readonly call: Call;
  readonly streaming: boolean;
  readonly timeouts: Required<Timeouts>;
  /** The response's head has come. */
  begun(head: ResponseHead): void;
  /** It is a gateway, and has the request in its own line; undefined: no longer. */
  standing(place: QueuePlace | undefined): void;
}

/** An error body beyond this is no error message. */
const longestErrorBody = 65_536;

/**
 * One attempt: sends, and the owner gets the answer: its chunks if it streams, else one `ChatCompletion`. Fails with what the server said,
 * as a typed error. Knows nothing of quotas and retries.
 */
export function exchange(wire: TransportRequest, owner: ExchangeOwner): void {
  try {
    new Reading(owner, wire).begin();
  } catch (error) {
    owner.error(error);
  }
}

/** Reads a response: the head, then a stream of events or a body. A class for the reason that makes `ChunkReader` one. */
class Reading extends Subscriber<ResponseHead | Uint8Array> implements ChunkListener, Deadline {
  private readonly reader: ChunkReader;
  private head: ResponseHead | undefined = undefined;
  /** The body is a stream of events. */
  private events = false;
  /** When the last content came; before the head: when it was sent. */
  private heardAt = 0;
  /** In the line of a gateway. */
  private waitsThere = false;
  private text = '';
  private textDecoder: TextDecoder | undefined = undefined;
  /** Whoever reads is slow, so the server waits for us. */
  private held = false;

  /** Out of the sight of `console.log(subscription)`: the key is in it. Until it is over. */
  #wire: TransportRequest | undefined;

  constructor(
    private readonly owner: ExchangeOwner,
    wire: TransportRequest,
  ) {
    super(owner); // so it is unsubscribed with it
    this.#wire = wire;
    this.reader = new ChunkReader(this, owner.core.departure);
  }

  begin(): void {
    const { core, call, timeouts } = this.owner;
    if (timeouts.total !== Number.POSITIVE_INFINITY) {
      this.add(core.clock.schedule(() => this.timeOut('total'), timeouts.total));
    }
    this.listen();
    const transport = call.passage?.transport(core.transport) ?? core.transport;
    transport(this.#wire!).subscribe(this);
  }

  override unsubscribe(): void {
    if (this.closed) return;
    apart(() => super.unsubscribe());
    this.owner.core.deadlines.forget(this);
    this.reader.forget();
    this.#wire = this.head = undefined; // see `Call`
  }

  chunk(chunk: ChatChunk): void {
    this.owner.next(chunk);
  }

  done(): void {
    this.head?.enough?.();
    this.owner.complete();
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
    this.heardAt = this.owner.core.clock.now();
    this.owner.standing(place === 'sent' ? undefined : place);
  }

  /** Of the head, then of each content. */
  due(): number {
    const { head, idle } = this.owner.timeouts;
    if (this.held) return Number.POSITIVE_INFINITY;
    return this.heardAt + (this.head ? idle : head);
  }

  passed(): void {
    // An error that falls silent is that error.
    const { head } = this;
    if (head && head.status >= 400) this.endWhole(head);
    else this.timeOut(head ? 'idle' : 'head');
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
    else this.fail(brokenOff(error, head, reader, this.text, this.owner.call.model));
  }

  protected override _complete(): void {
    const { head } = this;
    try {
      if (!head)
        throw new ConnectionError('The connection ended without a response.', { model: this.owner.call.model });
      if (this.events) this.reader.end();
      else this.endWhole(head);
    } catch (error) {
      this.fail(error);
    }
  }

  private begun(head: ResponseHead): void {
    const { owner } = this;
    this.head = head;
    this.events = owner.streaming && isStream(head);
    owner.begun(head);
    if (this.closed) return; // whoever heard of it has unsubscribed
    this.listen();
    if (this.events) this.letHold(head);
    const place = this.events ? placeInHeaders(head.headers) : undefined;
    if (!place) return;
    this.waitsThere = true;
    owner.standing(place);
  }

  private letHold({ pause, resume }: ResponseHead): void {
    const inlet = pause && resume && inletOf(this.owner);
    if (!inlet) return;
    const hold = (): void => {
      this.held = true;
      pause();
    };
    const flow = (): void => {
      this.held = false;
      this.listen();
      resume();
    };
    this.add(inlet.attach({ hold, flow }));
  }

  /** From now on, for as long as the timeouts say. */
  private listen(): void {
    const { clock, deadlines } = this.owner.core;
    this.heardAt = clock.now();
    deadlines.watch(this);
  }

  private readEvents(bytes: Uint8Array): void {
    const { reader } = this;
    const before = reader.count;
    reader.feed(bytes);
    if (reader.count > before) this.heardAt = this.owner.core.clock.now();
  }

  private readBody(bytes: Uint8Array): void {
    this.heardAt = this.owner.core.clock.now();
    this.textDecoder ??= new TextDecoder();
    this.text += this.textDecoder.decode(bytes, { stream: true });
    const { text, head, owner } = this;
    // No answer: what still comes would be read for nobody, and for ever if it does not end.
    if (text.length > longestErrorBody && (owner.streaming || head!.status >= 400)) this.endWhole(head!);
    else if (text.length > longestEvent) this.fail(endless(longestEvent, text, owner.call.model));
  }

  private endWhole(response: ResponseHead): void {
    const { text, owner } = this;
    try {
      const completion = owner.streaming ? undefined : parseCompletion(text);
      if (completion) {
        owner.next(completion);
        owner.complete();
      } else if (response.status < 400 && !errorIn(text)) {
        this.fail(notAnAnswer(response, text, owner.streaming, owner.call.model));
      } else {
        this.fail(failureOf(response.status, response.headers, text, this.context()));
      }
    } catch (error) {
      this.fail(error); // a head may be somebody's own
    }
  }

  private timeOut(phase: 'head' | 'idle' | 'total'): void {
    const { call, timeouts } = this.owner;
    this.fail(timedOut(phase, timeouts[phase], call.model, this.reader.received()));
  }

  /** With what the response says of itself. */
  private fail(error: unknown): void {
    const { head } = this;
    if (head && isChatError(error)) {
      annotate(error, {
        status: error.status ?? head.status,
        serverRequestId: head.headers['x-request-id'],
        body: error.kind === 'stream_broken' ? beginningOf(String(error.body), redactorFor(this.#wire!)) : undefined,
      });
    }
    if (this.owner.closed)
      reportUnhandled(error); // thrown by a teardown of whoever asked
    else this.owner.error(error);
  }

  private context(): FailureContext {
    const { core, call } = this.owner;
    const successor = core.catalogue!.successor(call.model);
    const advice = successor && `Groq has retired it; "${successor}" takes its place.`;
    return { model: call.model, wallNow: core.wallNow, advice, clean: redactorFor(this.#wire!) };
  }
}

function isStream({ status, headers }: ResponseHead): boolean {
  // A server that does not say what it sends gets the benefit of the doubt; HTML and JSON are surely no stream.
  return status < 400 && !/^(text\/html|application\/json)/i.test(headers['content-type'] ?? '');
}

function parseCompletion(body: string): ChatCompletion | undefined {
  try {
    const parsed: ChatCompletion = JSON.parse(body);
    const { choices } = parsed;
    // What is read of a message is what is read of a delta.
    const pieces = choices.map(({ message: { content, tool_calls } }) => ({ delta: { content, tool_calls } }));
    if (!choices[0] || !isChunk({ choices: pieces })) return undefined;
    parsed.object = 'chat.completion'; // not all say it
    return parsed;
  } catch {
    return undefined;
  }
}

/** Usage wherever an answer says it. */
export function usageOfAnswer(answer: ChatChunk | ChatCompletion): Usage | undefined {
  return answer.object === 'chat.completion' ? usageIn(answer.usage) : usageOf(answer);
}

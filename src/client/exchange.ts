import { Observable, type Subscription } from 'rxjs';
import { ChunkReader, usageOf } from '../decode/index.js';
import {
  type ChatFailure,
  ConnectionError,
  isChatError,
  StreamBrokenError,
  StreamTimeoutError,
} from '../errors/index.js';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import type { Clock } from '../pacing/index.js';
import type { ChatChunk, ChatCompletion, Usage } from '../request/index.js';
import {
  errorIn,
  failureOf,
  isHead,
  type ResponseHead,
  type Transport,
  type TransportRequest,
} from '../transport/index.js';
import type { Timeouts } from './ChatClient.js';

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
  head(head: ResponseHead): void;
}

/** An error body beyond this is no error message. */
const longestErrorBody = 65_536;

/**
 * One attempt: sends, and emits the answer: its chunks if it streams, else one `ChatCompletion`. Fails with what the server said, as a typed
 * error. Knows nothing of quotas and retries.
 */
export function exchange(options: ExchangeOptions): Observable<ChatChunk | ChatCompletion> {
  return new Observable(subscriber => {
    const { transport, wire, streaming, timeouts, clock, model } = options;
    let head: ResponseHead | undefined;
    /** The body is a stream of events. */
    let events = false;
    let text = '';
    let textDecoder: TextDecoder | undefined;

    const fail = (error: unknown): void => subscriber.error(error);
    const reader = new ChunkReader({
      chunk: chunk => subscriber.next(chunk),
      done: () => {
        head?.enough?.();
        subscriber.complete();
      },
      failed: (data, status) => fail(failureOf(status ?? 200, head?.headers ?? {}, data, options)),
      broken: fail,
    });

    subscriber.add(() => reader.forget());

    const limit = (phase: 'head' | 'idle' | 'total', ms: number): Subscription | undefined => {
      if (ms === Number.POSITIVE_INFINITY) return undefined;
      const timer = clock.schedule(() => fail(timedOut(phase, ms, model, reader.received())), ms);
      subscriber.add(timer);
      return timer;
    };
    limit('total', timeouts.total);
    const headTimer = limit('head', timeouts.head);
    // One timer for all pauses: it looks when the last content came, and sets itself for what is left.
    let contentAt = 0;
    const watchIdle = (ms: number): void => {
      const timer = clock.schedule(() => {
        subscriber.remove(timer);
        const left = contentAt + timeouts.idle - clock.now();
        if (left > 0) watchIdle(left);
        else fail(timedOut('idle', timeouts.idle, model, reader.received()));
      }, ms);
      subscriber.add(timer);
    };

    const receive = (event: ResponseHead | Uint8Array): void => {
      if (isHead(event)) {
        head = event;
        events = streaming && isStream(event);
        if (headTimer) {
          headTimer.unsubscribe();
          subscriber.remove(headTimer);
        }
        options.head(event);
        contentAt = clock.now();
        if (timeouts.idle !== Number.POSITIVE_INFINITY) watchIdle(timeouts.idle);
      } else if (events) {
        const before = reader.count;
        reader.feed(event);
        if (reader.count > before) contentAt = clock.now();
      } else {
        contentAt = clock.now();
        if (streaming && text.length > longestErrorBody) return;
        textDecoder ??= new TextDecoder();
        text += textDecoder.decode(event, { stream: true });
      }
    };
    const end = (): void => {
      if (!head) fail(new ConnectionError('The connection ended without a response.', { model }));
      else if (events) reader.end();
      else endWhole(head);
    };
    const endWhole = (response: ResponseHead): void => {
      const completion = streaming ? undefined : parseCompletion(text);
      if (completion) {
        subscriber.next(completion);
        subscriber.complete();
      } else if (response.status < 400 && !errorIn(text)) {
        fail(notAnAnswer(response, streaming, model));
      } else {
        fail(failureOf(response.status, response.headers, text, options));
      }
    };
    const breakOff = (error: unknown): void => {
      if (head && head.status >= 400) endWhole(head);
      else fail(toFailure(error, head, reader.received(), model));
    };

    transport(wire).subscribe(operatorSubscriber(subscriber, receive, end, breakOff));
  });
}

function isStream({ status, headers }: ResponseHead): boolean {
  // A server that does not say what it sends gets the benefit of the doubt; HTML and JSON are surely no stream.
  return status < 400 && !/^(text\/html|application\/json)/i.test(headers['content-type'] ?? '');
}

function notAnAnswer({ status, headers }: ResponseHead, streaming: boolean, model: string): StreamBrokenError {
  const type = headers['content-type'] || 'nothing';
  const expected = streaming ? 'a stream of events' : 'a chat completion';
  const [got, nextStep] =
    !streaming && /json/i.test(type)
      ? ['JSON that is none or not whole', 'Send the request again.']
      : [type, 'Check base_url.'];
  return new StreamBrokenError(
    `${model}: expected ${expected}, but the server answered ${status} with ${got}. ${nextStep}`,
    { model },
  );
}

function parseCompletion(body: string): ChatCompletion | undefined {
  try {
    const parsed: ChatCompletion = JSON.parse(body);
    return Array.isArray(parsed?.choices) && parsed.choices.length > 0 ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** A transport's error: before the head it is a connection that failed, after it an answer that broke off. */
function toFailure(
  error: unknown,
  head: ResponseHead | undefined,
  received: readonly ChatChunk[],
  model: string,
): ChatFailure {
  if (!head) {
    if (isChatError(error)) return error;
    return new ConnectionError(`${model}: the request could not be sent. See error.cause.`, { model, cause: error });
  }
  return new StreamBrokenError(
    `${model}: the connection broke before the answer was finished. What came is in error.received; send the request again.`,
    {
      model,
      received,
      cause: error,
    },
  );
}

function timedOut(
  phase: 'head' | 'idle' | 'total',
  timeoutMs: number,
  model: string,
  received: readonly ChatChunk[],
): StreamTimeoutError {
  const what = { head: 'no response', idle: 'no further content', total: 'not finished' }[phase];
  return new StreamTimeoutError(
    `${model}: ${what} within ${timeoutMs} ms (timeouts.${phase}). Raise it, or send the request again.`,
    {
      model,
      phase,
      timeoutMs,
      received,
    },
  );
}

/** Usage wherever an answer says it. */
export function usageIn(answer: ChatChunk | ChatCompletion): Usage | undefined {
  return answer.object === 'chat.completion' ? answer.usage : usageOf(answer);
}

import { from, Observable, type ObservableInput, type SchedulerLike } from 'rxjs';
import { completionBuilder } from '../decode/index.js';
import { type ChatFailure, ConnectionError, isChatError } from '../errors/index.js';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import { clockOf } from '../pacing/index.js';
import type { ChatChunk, ChatRequest } from '../request/index.js';
import type { Transport } from '../transport/index.js';
import { delta, finish } from './chunks.js';

/** What a fake server answers: a string is one delta, a chunk is itself; its completion is the end of the answer. */
export type FakeAnswer = (request: ChatRequest) => ObservableInput<string | ChatChunk>;

export interface MarbleTransportOptions {
  /** ms from sending to the response's head, if nothing has come by then. @default 20 */
  readonly head?: number;
  /** @default RxJS's clock, virtual inside `TestScheduler.run` */
  readonly scheduler?: SchedulerLike;
}

/**
 * A network made of Observables: every request that is sent subscribes to what `answer` gives for it, and is answered in its time.
 *
 *     answer   --a-b|      head and 'a' after 2 ms, 'b' after 4, then a finish reason and the end
 *     answer   --#         an error status after 2 ms: 429 for a RateLimitError, `status` for an ApiError;
 *                          any other error is a connection that could not be made
 *     answer   --a-#       a connection that breaks in mid-stream; an error of a status is told inside the stream
 *     answer   --a-        an answer that stalls
 *
 * The head comes with whatever comes first, or after `head` ms. Where no chunk has a finish reason, one is added at the end, with usage:
 * a token for each delta. Unsubscribing closes the connection: it unsubscribes the answer.
 */
export function marbleTransport(answer: FakeAnswer, options: MarbleTransportOptions = {}): Transport {
  const clock = clockOf(options.scheduler);
  return ({ body = '{}' }) =>
    new Observable(subscriber => {
      const request: ChatRequest & { stream?: boolean } = JSON.parse(body);
      const encoder = new TextEncoder();
      const whole = completionBuilder();
      let begun = false;
      let finished = false;
      let deltas = 0;

      const begin = (status: number, type: string, more: Record<string, string> = {}): void => {
        if (begun) return;
        begun = true;
        subscriber.next({ status, headers: { 'content-type': type, ...more } });
      };
      const streams = request.stream === true;
      const beginStream = (): void => begin(200, streams ? 'text/event-stream' : 'application/json');
      const send = (text: string): void => subscriber.next(encoder.encode(text));
      const emit = (chunk: ChatChunk): void => {
        deltas++;
        finished ||= chunk.choices.some(choice => choice.finish_reason !== null);
        beginStream();
        if (streams) send(`data: ${JSON.stringify(chunk)}\n\n`);
        else whole.add(chunk);
      };
      const end = (): void => {
        if (!finished) emit(finish({ prompt_tokens: 0, completion_tokens: deltas }));
        send(streams ? 'data: [DONE]\n\n' : JSON.stringify(whole.completion()));
        subscriber.complete();
      };
      const fail = (error: unknown): void => {
        const refusal = errorResponse(error);
        if (refusal) {
          const inStream = begun && streams;
          begin(refusal.status, 'application/json', refusal.headers);
          send(inStream ? `event: error\ndata: ${refusal.body}\n\n` : refusal.body);
          subscriber.complete();
        } else {
          subscriber.error(isChatError(error) || begun ? error : unreachable(error));
        }
      };

      subscriber.add(clock.schedule(beginStream, options.head ?? 20));
      from(answer(request)).subscribe(
        operatorSubscriber<string | ChatChunk>(
          subscriber,
          value => emit(typeof value === 'string' ? delta(value) : value),
          end,
          fail,
        ),
      );
    });
}

function unreachable(cause: unknown): ConnectionError {
  return new ConnectionError('The fake network failed; see error.cause.', { cause });
}

/** An error as the response that makes it; undefined where it is not an answer of a server. */
function errorResponse(error: unknown): { status: number; headers: Record<string, string>; body: string } | undefined {
  if (!isChatError(error)) return undefined;
  const status = statusOf(error);
  if (status === undefined) return undefined;
  const waitMs = error.kind === 'rate_limit' || error.kind === 'api' ? error.retryAfterMs : undefined;
  const code = 'code' in error ? error.code : undefined;
  return {
    status,
    headers: waitMs === undefined ? {} : { 'retry-after-ms': String(waitMs) },
    body: JSON.stringify({ error: { message: error.message, code, status_code: status } }),
  };
}

function statusOf(error: ChatFailure): number | undefined {
  switch (error.kind) {
    case 'rate_limit':
      return 429;
    case 'request_too_large':
      return 413;
    case 'authentication':
      return error.status ?? 401;
    case 'api':
      return error.status ?? 500;
    default:
      return undefined;
  }
}

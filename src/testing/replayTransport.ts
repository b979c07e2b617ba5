import { Observable, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs';
import { linesOf } from '#recordingFile';
import { ConnectionError } from '../errors/index.js';
import { clockOf } from '../pacing/index.js';
import type { ResponseHead, Transport } from '../transport/index.js';
import { bytesOf, type RecordedExchange, recordedRequest, requestKey } from './recording.js';

export interface ReplayOptions {
  /** @default RxJS's clock, virtual inside `TestScheduler.run` */
  readonly scheduler?: SchedulerLike;
}

/**
 * Plays back what `recordTransport` has written, at the pace of then: no network, and in virtual time no waiting.
 *
 * ```ts
 * const client = createChatClient({ '*': { base_url: 'http://recorded.invalid/v1' } }, { transport: replayTransport('test/conversation.jsonl') });
 * ```
 * A request gets the first answer not yet given that was recorded for the same body; which server it goes to does not matter. Where none is
 * left, it fails with a `ConnectionError`.
 * @throws TypeError where the file is no recording
 */
export function replayTransport(file: string, options: ReplayOptions = {}): Transport {
  const clock = clockOf(options.scheduler);
  const left = exchangesIn(file);
  return wire =>
    new Observable(subscriber => {
      const key = requestKey(recordedRequest(wire));
      const index = left.findIndex(({ request }) => requestKey(request) === key);
      if (index < 0) return subscriber.error(nothingLeft(file, left));
      const [exchange] = left.splice(index, 1) as [RecordedExchange];
      const events = eventsOf(exchange, subscriber);
      const sentAt = clock.now();
      let timer: Subscription | undefined;
      // One timer for the next event, so that a late one delays none after it and their order stays.
      const play = (): void => {
        while (events.length > 0 && !subscriber.closed) {
          const wait = sentAt + events[0]!.at - clock.now();
          if (wait > 0) {
            timer = clock.schedule(play, wait);
            return;
          }
          events.shift()!.happen();
        }
      };
      play();
      return () => timer?.unsubscribe();
    });
}

interface Event {
  readonly at: number;
  happen(): void;
}

function eventsOf({ head, pieces, end }: RecordedExchange, to: Subscriber<ResponseHead | Uint8Array>): Event[] {
  const events: Event[] = pieces.map(piece => ({ at: piece.at, happen: () => to.next(bytesOf(piece)) }));
  if (head) events.unshift({ at: head.at, happen: () => to.next({ status: head.status, headers: head.headers }) });
  const { at, how, message = '' } = end;
  if (how === 'completed') events.push({ at, happen: () => to.complete() });
  if (how === 'failed') events.push({ at, happen: () => to.error(new ConnectionError(message)) });
  return events;
}

function exchangesIn(file: string): RecordedExchange[] {
  const exchanges = linesOf(file).map((line, index) => exchangeIn(line, `${file}:${index + 1}`));
  return exchanges.sort((a, b) => a.number - b.number);
}

function exchangeIn(line: string, place: string): RecordedExchange {
  try {
    const exchange: RecordedExchange = JSON.parse(line);
    if (exchange.request && Array.isArray(exchange.pieces) && exchange.end) return exchange;
  } catch {
    // not JSON
  }
  throw new TypeError(`${place} is no exchange that recordTransport wrote. Record the conversation again.`);
}

function nothingLeft(file: string, left: readonly RecordedExchange[]): ConnectionError {
  const rest = left.length === 0 ? 'All its answers have been given' : `Of ${left.length} answers left none is to it`;
  return new ConnectionError(`${file} has no answer to this request. ${rest}; record the conversation again.`);
}

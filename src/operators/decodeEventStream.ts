import { Observable, type OperatorFunction } from 'rxjs';
import { createEventParser, type ServerSentEvent } from '../decode/index.js';
import { operatorSubscriber } from './operatorSubscriber.js';

/**
 * Bytes, cut anywhere, as server-sent events: one for each event that the EventSource standard dispatches.
 *
 * ```
 * source                 "data: a\n\nda"---"ta: b\n"---"\n"|
 * decodeEventStream()    {data: 'a'}-------------------{data: 'b'}|
 * ```
 * An event whose blank line has not come when the bytes end is dropped, as the standard says. Comments and unknown fields are passed over.
 * Fails with a `RangeError` where one event has more than `longest` characters of data.
 * @param options `longest`: @default 16 MB
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function decodeEventStream({
  longest,
}: {
  readonly longest?: number;
} = {}): OperatorFunction<Uint8Array, ServerSentEvent> {
  return source =>
    new Observable(subscriber => {
      const event = (data: string, name: string | undefined, id: string | undefined): void => {
        const dispatched: ServerSentEvent = { data };
        if (name !== undefined) dispatched.event = name;
        if (id !== undefined) dispatched.id = id;
        subscriber.next(dispatched);
      };
      const parser = createEventParser({ event }, longest);
      source.subscribe(
        operatorSubscriber<Uint8Array>(
          subscriber,
          bytes => parser.feed(bytes),
          () => {
            parser.end(false);
            subscriber.complete();
          },
        ),
      );
    });
}

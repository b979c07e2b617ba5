import { createParser } from 'eventsource-parser';
import { pieceDecoder } from './pieceDecoder.js';

/** One dispatched server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerSentEvent {
  data: string;
  event?: string;
  id?: string;
}

/** Bytes in, events out, in the same turn. */
export interface EventParser {
  feed(bytes: Uint8Array): void;
  /** The bytes have ended. An event whose blank line never came is dropped, as the standard has it, unless `flush`. */
  end(flush: boolean): void;
}

const CR = 13;

/**
 * A parser of the whole EventSource grammar for bytes cut anywhere; `onEvent` gets the event's data, name and id, `onUnknownField` what the
 * standard says to pass over.
 */
export function createEventParser(
  onEvent: (data: string, event: string | undefined, id: string | undefined) => void,
  onUnknownField?: (field: string, value: string) => void,
): EventParser {
  const parser = createParser({
    onEvent: ({ data, event, id }) => onEvent(data, event, id),
    ...(onUnknownField && { onError: ({ field = '', value = '' }) => onUnknownField(field, value) }),
  });
  const decoder = pieceDecoder();
  let last = 0;
  return {
    feed(bytes) {
      if (bytes.length === 0) return;
      last = bytes[bytes.length - 1]!;
      parser.feed(decoder.decode(bytes));
    },
    end(flush) {
      parser.feed(decoder.end());
      // A carriage return at the very end may have been half of a CRLF; now it is certain that it ended its line.
      if (flush) parser.feed('\n\n');
      else if (last === CR) parser.feed('\n');
    },
  };
}

import { createParser, type EventSourceParser } from 'eventsource-parser';
import { PieceDecoder } from './pieceDecoder.js';

/** One dispatched server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerSentEvent {
  data: string;
  event?: string;
  id?: string;
}

/** An event has more data than it may have. */
export class EventTooLong extends RangeError {}

/** Bytes in, events out, in the same turn. Throws `EventTooLong`, and is of no use any more. */
export interface EventParser {
  feed(bytes: Uint8Array): void;
  /** The bytes have ended. An event whose blank line never came is dropped, as the standard has it, unless `flush`. */
  end(flush: boolean): void;
}

/** What a parser tells, in order. */
export interface EventListener {
  event(data: string, name: string | undefined, id: string | undefined): void;
  /** What the standard says to pass over. */
  unknownField?(field: string, value: string): void;
  comment?(text: string): void;
}

/** Characters of one event's data, or of an answer in one piece, 16 MB of ASCII: whoever sends more would fill the memory. */
export const longestEvent: number = 16 * 2 ** 20;

/** A parser of the whole EventSource grammar for bytes cut anywhere. */
export function createEventParser(listener: EventListener, longest: number = longestEvent): EventParser {
  return new PlainFirst(listener, longest);
}

const LF = 10;
const CR = 13;
const plain = 'data: ';
/** A longer beginning of an event is left to eventsource-parser, which does not put it together anew with each piece. */
const longestRest = 65_536;
/** Characters of an event that are not its data: names of fields, ids. */
const slack = 1024;

/**
 * Nearly every stream holds nothing but events of one line, `data: …` and a blank line. Those are cut out here, without the state that the
 * whole grammar needs; eventsource-parser takes over for good when anything else comes.
 */
class PlainFirst implements EventParser {
  private readonly decoder = new PieceDecoder();
  private last = 0;
  /** The beginning of an event that is plain so far. */
  private rest = '';
  private careful: EventSourceParser | undefined = undefined;

  constructor(
    private readonly listener: EventListener,
    private readonly longest: number,
  ) {}

  feed(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.last = bytes[bytes.length - 1]!;
    this.read(this.decoder.decode(bytes));
  }

  end(flush: boolean): void {
    this.read(this.decoder.end());
    if (!this.careful && this.rest === '') return;
    const parser = this.careful ?? this.beCareful(this.rest);
    // A carriage return at the very end may have been half of a CRLF; now it is certain that it ended its line.
    if (flush) parser.feed('\n\n');
    else if (this.last === CR) parser.feed('\n');
  }

  private read(piece: string): void {
    if (this.careful) {
      this.careful.feed(piece);
      return;
    }
    const text = this.rest + piece;
    this.rest = '';
    let at = 0;
    if (!piece.includes('\r')) {
      for (;;) {
        const end = text.indexOf('\n', at);
        if (end < 0 || end + 1 === text.length) {
          if (text.length - at > longestRest || !plain.startsWith(text.slice(at, at + plain.length))) break;
          this.rest = text.slice(at);
          return;
        }
        if (text.charCodeAt(end + 1) !== LF || !text.startsWith(plain, at)) break;
        this.dispatch(text.slice(at + plain.length, end), undefined, undefined);
        at = end + 2;
      }
    }
    this.beCareful(text.slice(at));
  }

  private beCareful(text: string): EventSourceParser {
    const { listener, longest } = this;
    this.careful = createParser({
      onEvent: ({ data, event, id }) => this.dispatch(data, event, id),
      onComment: text => listener.comment?.(text),
      onError: ({ field = '', value }) => {
        if (value === undefined) throw tooLong(longest); // the one mistake that has none
        listener.unknownField?.(field, value);
      },
      // It counts what is not data, too; what that lets through is counted above, when it is whole.
      maxBufferSize: longest + slack,
    });
    this.careful.feed(''); // it drops a byte order mark at its beginning, which is not the stream's
    this.careful.feed(text);
    return this.careful;
  }

  private dispatch(data: string, name: string | undefined, id: string | undefined): void {
    if (data.length > this.longest) throw tooLong(this.longest);
    this.listener.event(data, name, id);
  }
}

function tooLong(longest: number): EventTooLong {
  return new EventTooLong(`An event is longer than ${longest}.`);
}

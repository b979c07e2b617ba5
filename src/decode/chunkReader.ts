import type { ChatChunk } from '../answer/index.js';
import { StreamBrokenError } from '../errors/index.js';
import { ChunkParser, parseChunk } from './chunkParser.js';
import { Completeness } from './completeness.js';
import { createEventParser, type EventListener, type EventParser, EventTooLong } from './eventParser.js';
import { isChunk } from './isChunk.js';
import { PieceDecoder } from './pieceDecoder.js';
import { Tape } from './tape.js';

/** What a reader tells, in order. After `done` or `failed` it tells nothing more. */
export interface ChunkListener {
  chunk(chunk: ChatChunk): void;
  /** The answer is whole. */
  done(): void;
  /** The server reported an error inside the stream: its data as sent. */
  failed(data: string, status: number | undefined): void;
  broken(error: StreamBrokenError): void;
  /** Between the events; most servers have none. */
  comment(text: string): void;
}

/**
 * Reads a streamed answer: bytes → events → chunks, then one ending, in the same turn. Judges whether the answer is whole: only a finish
 * reason for every choice makes it so. All else, `[DONE]` alone included, is a `StreamBrokenError` that keeps what came.
 *
 * What reads a stream is made anew for each request: hence classes here. Methods live on, but closures die with their request, and what V8
 * has compiled of them with the last of them: it would compile them again and again.
 */
export class ChunkReader implements EventListener {
  /** How many chunks have come. */
  count = 0;
  // Chunks kept for as long as an answer lasts would cost the garbage collector as much as all else here; bytes cost it nothing.
  private readonly tape = new Tape();
  private readonly answer = new Completeness();
  private readonly parser: EventParser = createEventParser(this);
  private readonly chunks = new ChunkParser();
  private over = false;

  /** @param departure what of a chunk as sent, if anything, is not as it has to be: asked of each, where every field is to be looked at */
  constructor(
    private readonly listener: ChunkListener,
    private readonly departure?: (chunk: unknown) => string | undefined,
  ) {}

  feed(bytes: Uint8Array): void {
    if (this.over) return;
    this.tape.append(bytes);
    try {
      this.parser.feed(bytes);
    } catch (error) {
      this.refuse(error);
    }
  }

  end(): void {
    try {
      if (!this.over) this.parser.end(true);
    } catch (error) {
      this.refuse(error);
    }
    if (!this.over) this.finish(false);
  }

  /** The chunks that have come, for errors: made anew from their bytes. */
  received(): readonly ChatChunk[] {
    return firstChunks(this.count, this.tape.pieces());
  }

  /**
   * How the body begins, for errors.
   * @param upTo what could not be read: so it is the same however the bytes were cut
   */
  beginning(upTo = ''): string {
    const [first] = this.tape.pieces();
    const text = first ? new PieceDecoder().decode(first) : '';
    const [line] = upTo.split('\n', 1);
    const end = line ? text.indexOf(line) + line.length : 0;
    return text.slice(0, end || undefined);
  }

  /** Nobody will ask for them any more, nor hear of what is still in the bytes at hand. */
  forget(): void {
    this.over = true;
    this.tape.erase();
    this.chunks.forget();
  }

  event(data: string, name: string | undefined): void {
    if (this.over || data === '') return;
    if (data === '[DONE]') this.finish(true);
    else this.readData(data, name);
  }

  unknownField(field: string, value: string): void {
    // llama.cpp, until September 2025, had a field of its own for errors.
    if (field === 'error') this.event(value, 'error');
  }

  comment(text: string): void {
    if (!this.over) this.listener.comment(text);
  }

  private refuse(error: unknown): void {
    if (!(error instanceof EventTooLong)) throw error;
    this.breakOff(error.message, '');
  }

  private readData(data: string, event: string | undefined): void {
    let chunk: ChatChunk & { error?: unknown; object?: string };
    try {
      chunk = this.chunks.parse(data);
    } catch {
      if (data.startsWith('[DONE]')) this.finish(true);
      else if (event === 'error') this.fail(data, undefined);
      else this.breakOff(`The stream holds something that is no JSON (${data.length} characters).`, data);
      return;
    }
    const { alike } = this.chunks;
    if (event === 'error' || (!alike && isFailure(chunk))) {
      this.fail(data, statusIn(chunk));
    } else if (!alike && !isChunk(chunk, this.count > 0)) {
      this.breakOff('The stream holds an event that is no chat.completion.chunk.', data);
    } else {
      const departure = this.departure?.(JSON.parse(data)); // as sent: the parser mends
      if (departure !== undefined) {
        this.breakOff(`The stream holds a chunk that is ${departure}`, data);
        return;
      }
      this.count++;
      if (!alike) this.answer.see(chunk);
      this.listener.chunk(chunk);
    }
  }

  private finish(done: boolean): void {
    this.over = true;
    if (this.answer.whole(done)) this.listener.done();
    else
      this.breakOff(
        `The stream ended ${this.count === 0 ? 'without any chunk' : 'before the answer was finished'}.`,
        done ? '[DONE]' : '',
      );
  }

  private breakOff(message: string, upTo: string): void {
    this.over = true;
    this.listener.broken(
      new StreamBrokenError(`${message} What came is in error.received; send the request again.`, {
        received: this.received(),
        body: this.beginning(upTo),
      }),
    );
  }

  private fail(data: string, status: number | undefined): void {
    this.over = true;
    this.listener.failed(data, status);
  }
}

/** The first `count` chunks in bytes that have been read before. */
function firstChunks(count: number, pieces: readonly Uint8Array[]): ChatChunk[] {
  const chunks: ChatChunk[] = [];
  const event = (data: string): void => {
    if (chunks.length < count && data !== '') chunks.push(parseChunk(data));
  };
  const parser = createEventParser({ event }, Number.POSITIVE_INFINITY);
  for (const bytes of pieces) parser.feed(bytes);
  parser.end(true);
  return chunks;
}

function isFailure(chunk: ChatChunk & { error?: unknown }): boolean {
  if (typeof chunk !== 'object' || chunk === null) return false;
  return (
    (chunk.error !== undefined && chunk.error !== null) ||
    (chunk.object as string) === 'error' ||
    typeof chunk.x_groq?.error === 'string'
  );
}

/** The HTTP status that an error names: as `status_code`, or as a number for its code (OpenRouter, vLLM, llama.cpp). */
function statusIn(chunk: Failure | null): number | undefined {
  const error = typeof chunk?.error === 'object' ? (chunk.error as Failure | null) : undefined;
  const named = [error?.status_code, error?.code, chunk?.status_code, chunk?.code];
  return named.find(status => typeof status === 'number' && status >= 400 && status <= 599) as number | undefined;
}

interface Failure {
  readonly error?: unknown;
  readonly status_code?: unknown;
  readonly code?: unknown;
}

import type { ChatChunk } from '../answer/index.js';
import { StreamBrokenError } from '../errors/index.js';
import { completeness } from './completeness.js';
import { createEventParser } from './eventParser.js';
import { tape } from './tape.js';

/** What a reader tells, in order. After `done` or `failed` it tells nothing more. */
export interface ChunkListener {
  chunk(chunk: ChatChunk): void;
  /** The answer is whole. */
  done(): void;
  /** The server reported an error inside the stream: its data as sent. */
  failed(data: string, status: number | undefined): void;
  broken(error: StreamBrokenError): void;
}

/** Reads a streamed answer: bytes in; chunks, then one ending out, in the same turn. */
export interface ChunkReader {
  feed(bytes: Uint8Array): void;
  end(): void;
  /** How many chunks have come. */
  count(): number;
  /** The chunks that have come, for errors: made anew from their bytes. */
  received(): readonly ChatChunk[];
  /** Nobody will ask for them any more. */
  forget(): void;
}

/**
 * Bytes → events → chunks, and the judgement whether the answer is whole: only a finish reason for every choice makes it so. All else,
 * `[DONE]` alone included, is a `StreamBrokenError` that keeps what came.
 */
export function chunkReader(listener: ChunkListener): ChunkReader {
  // Chunks kept for as long as an answer lasts would cost the garbage collector as much as all else here; bytes cost it nothing.
  const bytesSoFar = tape();
  let count = 0;
  const answer = completeness();
  let over = false;

  const received = (): ChatChunk[] => firstChunks(count, bytesSoFar.pieces());
  const finish = (done: boolean): void => {
    over = true;
    if (answer.whole(done)) listener.done();
    else
      breakOff(
        count === 0 ? 'The stream ended without any chunk.' : 'The stream ended before the answer was finished.',
      );
  };
  const breakOff = (message: string): void => {
    over = true;
    listener.broken(
      new StreamBrokenError(`${message} What came is in error.received; send the request again.`, {
        received: received(),
      }),
    );
  };
  const fail = (data: string, status: number | undefined): void => {
    over = true;
    listener.failed(data, status);
  };
  const readEvent = (data: string, event: string | undefined) => {
    if (over || data === '') return;
    if (data === '[DONE]') return finish(true);
    let chunk: ChatChunk & { error?: unknown; object?: string };
    try {
      chunk = JSON.parse(data);
    } catch {
      if (event === 'error') return fail(data, undefined);
      return breakOff(`The stream holds something that is no JSON (${data.length} characters).`);
    }
    if (event === 'error' || isFailure(chunk)) {
      return fail(data, statusIn(chunk));
    }
    if (!Array.isArray(chunk?.choices)) return breakOff('The stream holds an event that is no chat.completion.chunk.');
    count++;
    answer.see(chunk);
    listener.chunk(chunk);
  };
  // llama.cpp, until September 2025, had a field of its own for errors.
  const parser = createEventParser(readEvent, (field, value) => {
    if (field === 'error' && value !== '') readEvent(value, 'error');
  });
  return {
    count: () => count, // no getter: V8 gives each object with one a hidden class of its own, which holds on to it
    received,
    forget: () => bytesSoFar.erase(),
    feed(bytes) {
      if (over) return;
      bytesSoFar.append(bytes);
      parser.feed(bytes);
    },
    end() {
      if (!over) parser.end(true);
      if (!over) finish(false);
    },
  };
}

/** The first `count` chunks in bytes that have been read before. */
function firstChunks(count: number, pieces: readonly Uint8Array[]): ChatChunk[] {
  const chunks: ChatChunk[] = [];
  const parser = createEventParser(data => {
    if (chunks.length < count && data !== '') chunks.push(JSON.parse(data));
  });
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

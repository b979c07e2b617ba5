import type { ChatChunk } from '../answer/index.js';
import { StreamBrokenError } from '../errors/index.js';
import { completeness } from './completeness.js';
import { createEventParser } from './eventParser.js';

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
  /** Chunks so far. */
  readonly received: readonly ChatChunk[];
}

/**
 * Bytes → events → chunks, and the judgement whether the answer is whole: only a finish reason for every choice makes it so. All else,
 * `[DONE]` alone included, is a `StreamBrokenError` that keeps what came.
 */
export function chunkReader(listener: ChunkListener): ChunkReader {
  const received: ChatChunk[] = [];
  const answer = completeness();
  let over = false;

  const finish = (done: boolean): void => {
    over = true;
    if (answer.whole(done)) listener.done();
    else
      breakOff(
        received.length === 0
          ? 'The stream ended without any chunk.'
          : 'The stream ended before the answer was finished.',
      );
  };
  const breakOff = (message: string): void => {
    over = true;
    listener.broken(
      new StreamBrokenError(`${message} What came is in error.received; send the request again.`, { received }),
    );
  };
  const parser = createEventParser((data, event) => {
    if (over || data === '') return;
    if (data === '[DONE]') return finish(true);
    let chunk: ChatChunk & { error?: unknown; object?: string };
    try {
      chunk = JSON.parse(data);
    } catch {
      return breakOff(`The stream holds something that is no JSON (${data.length} characters).`);
    }
    if (event === 'error' || isFailure(chunk)) {
      over = true;
      return listener.failed(data, statusIn(chunk));
    }
    if (!Array.isArray(chunk?.choices)) return breakOff('The stream holds an event that is no chat.completion.chunk.');
    received.push(chunk);
    answer.see(chunk);
    listener.chunk(chunk);
  });
  return {
    received,
    feed(bytes) {
      if (!over) parser.feed(bytes);
    },
    end() {
      if (!over) parser.end(true);
      if (!over) finish(false);
    },
  };
}

function isFailure(chunk: ChatChunk & { error?: unknown }): boolean {
  if (typeof chunk !== 'object' || chunk === null) return false;
  return (
    (chunk.error !== undefined && chunk.error !== null) ||
    (chunk.object as string) === 'error' ||
    typeof chunk.x_groq?.error === 'string'
  );
}

function statusIn(chunk: { error?: unknown } | null): number | undefined {
  const status = (chunk?.error as { status_code?: unknown } | undefined)?.status_code;
  return typeof status === 'number' ? status : undefined;
}

import type { ChunkReader } from '../decode/index.js';
import {
  type ChatFailure,
  ConnectionError,
  isChatError,
  StreamBrokenError,
  StreamTimeoutError,
} from '../errors/index.js';
import type { ChatChunk } from '../request/index.js';
import type { ResponseHead } from '../transport/index.js';

/*
 * How an attempt fails that no server refused.
 */

export function notAnAnswer(
  { status, headers }: ResponseHead,
  body: string,
  streaming: boolean,
  model: string,
): StreamBrokenError {
  const expected = streaming ? 'a stream of events' : 'a whole answer';
  return new StreamBrokenError(
    `${model}: expected ${expected}, but the server answered ${status} with ${headers['content-type'] || 'no content-type'}: see error.body. Check base_url, or send the request again.`,
    { model, body },
  );
}

export function endless(longest: number, body: string, model: string): StreamBrokenError {
  return new StreamBrokenError(
    `${model}: the answer is longer than ${longest} characters: see error.body. Stream it, or check base_url.`,
    { model, body, retryable: false },
  );
}

/** By a transport's error: before the head it was not sent, after it the answer broke off. */
export function brokenOff(
  error: unknown,
  head: ResponseHead | undefined,
  reader: ChunkReader,
  text: string,
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
      received: reader.received(),
      body: text || reader.beginning(),
      cause: error,
    },
  );
}

export function timedOut(
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

import { Worker } from 'node:worker_threads';
import { defer, EMPTY, expand, last, map, Observable, type Subscriber, tap } from 'rxjs';
import { blocksOf } from './blocks.js';
import { type CountMemo, countMemo } from './countMemo.js';
import type { CountJob, CountReply } from './tokenWorker.js';
import type { Encoding } from './vocabularies.js';

/** The worker thread as seen from outside. */
export interface TokenWorker {
  /**
   * The tokens of all texts together: at once where all are known. Beyond `atMost` it stops: there are at least so many. Errors where the
   * worker fails or has ended.
   */
  count(encoding: Encoding, texts: readonly string[], atMost?: number): number | Observable<number>;
  /** Loads a vocabulary without keeping Node alive for it. */
  load(encoding: Encoding): void;
  isLoaded(encoding: Encoding): boolean;
  end(): Promise<void>;
}

/**
 * Starts the thread. `onFailure` is called, at most once and before those who wait are told, when it or a vocabulary
 * cannot be loaded, or when it ends unasked.
 * @throws where threads are not allowed
 */
export function startTokenWorker(onFailure: (reason: string) => void): TokenWorker {
  // Without the parent's arguments: `--import tsx` would cost every start, `--input-type` forbids a file.
  const thread = new Worker(new URL('./tokenWorker.js', import.meta.url), { name: 'rx-groq tokens', execArgv: [] });
  thread.unref();
  let lastId = 0;
  /** Why no job is taken any more; a message to an ended thread would never be answered. */
  let ended: string | undefined;
  /** Who waits for which job; the thread keeps Node alive exactly while somebody does. */
  const waiting = new Map<number, Subscriber<readonly number[]>>();
  /** One for each vocabulary that has answered. */
  const memos = new Map<Encoding, CountMemo>();

  const leave = (id: number): Subscriber<readonly number[]> | undefined => {
    const subscriber = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) thread.unref();
    return subscriber;
  };
  const end = async (reason: string): Promise<void> => {
    ended ??= reason;
    for (const id of waiting.keys()) leave(id)?.error(new Error(ended));
    await thread.terminate();
  };
  const fail = (reason: string): void => {
    if (ended === undefined) onFailure(reason);
    void end(reason);
  };
  thread.on('error', error => fail(String(error)));
  thread.on('exit', () => fail('its thread has ended'));
  thread.on('message', (reply: CountReply) => {
    if ('failure' in reply) return fail(reply.failure);
    if (!memos.has(reply.encoding)) memos.set(reply.encoding, countMemo());
    const subscriber = leave(reply.id);
    subscriber?.next(reply.counts);
    subscriber?.complete();
  });

  const post = (encoding: Encoding, texts: readonly string[], atMost?: number): number => {
    thread.postMessage({ id: ++lastId, encoding, texts, atMost } satisfies CountJob);
    return lastId;
  };
  const exchange = (encoding: Encoding, texts: readonly string[], atMost?: number): Observable<readonly number[]> =>
    new Observable(subscriber => {
      if (ended !== undefined) return subscriber.error(new Error(ended));
      const id = post(encoding, texts, atMost);
      waiting.set(id, subscriber);
      thread.ref();
      return () => leave(id);
    });
  /** One message after the other, so that none takes long to write, and counting can stop. Beyond `atMost` the last count is of a beginning. */
  const ask = (encoding: Encoding, texts: readonly string[], atMost: number): Observable<readonly number[]> =>
    defer(() => {
      const counts: number[] = [];
      const messages = messagesOf(texts);
      let left = atMost;
      const next = (): Observable<unknown> => {
        const message = left < 0 ? undefined : messages.next().value;
        if (!message) return EMPTY;
        return exchange(encoding, message.blocks, left).pipe(
          tap(tokens => {
            tokens.forEach((number, at) => {
              const index = message.indices[at]!;
              counts[index] = (counts[index] ?? 0) + number;
              left -= number;
            });
          }),
        );
      };
      return next().pipe(
        expand(next),
        last(),
        map(() => counts),
      );
    });

  return {
    count(encoding, texts, atMost = Number.POSITIVE_INFINITY) {
      const known = memos.get(encoding);
      const counts = new Map(texts.map(text => [text, known?.get(text)]));
      const sum = (): number => texts.reduce((total, text) => total + (counts.get(text) ?? 0), 0);
      const unknown = [...counts.keys()].filter(text => counts.get(text) === undefined);
      const before = sum();
      if (unknown.length === 0 || before > atMost) return before;
      return ask(encoding, unknown, atMost - before).pipe(
        map(tokens => {
          const stopped = before + tokens.reduce((total, number) => total + number, 0) > atMost;
          tokens.forEach((number, index) => {
            const text = unknown[index]!;
            counts.set(text, number);
            // Where counting has stopped, the last was perhaps not counted to its end.
            if (!stopped || index < tokens.length - 1) memos.get(encoding)?.set(text, number);
          });
          return sum();
        }),
      );
    },
    load: encoding => void post(encoding, []),
    isLoaded: encoding => memos.has(encoding),
    end: () => end('released'),
  };
}

/** UTF-16 units that are copied at a time: the event loop is held for less than a millisecond. */
const longestMessage = 65_536;

/** Blocks of texts, and which text each is of. */
interface Message {
  readonly blocks: string[];
  readonly indices: number[];
}

function* messagesOf(texts: readonly string[]): Generator<Message, undefined> {
  let message: Message = { blocks: [], indices: [] };
  let length = 0;
  for (const [index, text] of texts.entries()) {
    for (const block of blocksOf(text)) {
      message.blocks.push(block);
      message.indices.push(index);
      length += block.length;
      if (length < longestMessage) continue;
      yield message;
      message = { blocks: [], indices: [] };
      length = 0;
    }
  }
  if (message.blocks.length > 0) yield message;
}

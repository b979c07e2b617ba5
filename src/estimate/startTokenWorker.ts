import { Worker } from 'node:worker_threads';
import { map, Observable, type Subscriber } from 'rxjs';
import { type CountMemo, countMemo } from './countMemo.js';
import type { Encoding } from './textCounter.js';
import type { CountJob, CountReply } from './tokenWorker.js';

/** The worker thread as seen from outside. */
export interface TokenWorker {
  /** The tokens of all texts together: at once where all are known. Errors where the worker fails or has ended. */
  count(encoding: Encoding, texts: readonly string[]): number | Observable<number>;
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

  const post = (encoding: Encoding, texts: readonly string[]): number => {
    thread.postMessage({ id: ++lastId, encoding, texts } satisfies CountJob);
    return lastId;
  };
  const ask = (encoding: Encoding, texts: readonly string[]): Observable<readonly number[]> =>
    new Observable(subscriber => {
      if (ended !== undefined) return subscriber.error(new Error(ended));
      const id = post(encoding, texts);
      waiting.set(id, subscriber);
      thread.ref();
      return () => leave(id);
    });

  return {
    count(encoding, texts) {
      const known = memos.get(encoding);
      const counts = new Map(texts.map(text => [text, known?.get(text)]));
      const sum = (): number => texts.reduce((total, text) => total + counts.get(text)!, 0);
      const unknown = [...counts.keys()].filter(text => counts.get(text) === undefined);
      if (unknown.length === 0) return sum();
      return ask(encoding, unknown).pipe(
        map(tokens => {
          unknown.forEach((text, index) => {
            counts.set(text, tokens[index]!);
            memos.get(encoding)?.set(text, tokens[index]!);
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

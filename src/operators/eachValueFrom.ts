import type { Observable } from 'rxjs';
import { Inlet } from './inlet.js';
import { Queue } from './queue.js';

/**
 * An Observable for `for await`, as `firstValueFrom` is one for `await`.
 *
 * ```ts
 * for await (const text of eachValueFrom(client.stream(request).pipe(contentDeltas()))) process.stdout.write(text);
 * ```
 * - Cold, as its source: nothing is sent before the loop begins, and each loop is a subscription of its own.
 * - Leaving the loop (`break`, `return`, a throw in its body) unsubscribes in the same turn: the request is cancelled.
 * - The loop ends when the source completes. An error is thrown in the loop, after all values that came before it.
 * - A loop that is slow holds the sockets of the client's streams in its source: while 256 values wait, nothing more is read, and the server
 *   must wait, too; `timeouts.idle` waits with it. What one read has brought is kept beyond that (64 kB).
 *
 * **Gotcha**: only a request can be held, and only one whose values go to this loop alone, not through `share`. What comes of any other
 * Observable while the loop's body is busy is kept without bound.
 * @see contentDeltas, sentences
 */
export function eachValueFrom<T>(source: Observable<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new ValueIterator(source) };
}

/** Values that may wait before their source is held; it goes on when half of them have been taken. */
const highWaterMark = 256;

class ValueIterator<T> implements AsyncIterator<T, undefined> {
  private readonly values = new Values<T>();
  private begun = false;

  constructor(private readonly source: Observable<T>) {}

  next(): Promise<IteratorResult<T, undefined>> {
    const { values } = this;
    if (!this.begun) {
      this.begun = true;
      if (!values.closed) this.source.subscribe(values);
    }
    return values.take();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.values.drop();
    return Promise.resolve(done);
  }

  /** Of a generator that goes through this by `yield*`, and is thrown at. */
  throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.values.drop();
    return Promise.reject(error);
  }
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** Either values wait to be asked for, or askers wait for values; never both. */
class Values<T> extends Inlet<T> {
  private values = new Queue<T>();
  private readonly waiters: Waiter<T>[] = [];
  /** How it ended, until somebody was told: kept as a value, as a promise would be a rejection that nobody handles. */
  private failure: { readonly error: unknown } | undefined = undefined;

  take(): Promise<IteratorResult<T, undefined>> {
    if (this.values.length > 0) return Promise.resolve({ done: false, value: this.shift() });
    if (this.failure) {
      const { error } = this.failure;
      this.failure = undefined;
      return Promise.reject(error);
    }
    if (this.closed) return Promise.resolve(done);
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  drop(): void {
    this.unsubscribe();
    this.values = new Queue();
    this.failure = undefined;
    this.end();
  }

  protected override _next(value: T): void {
    const waiter = this.waiters.shift();
    if (waiter) waiter.resolve({ done: false, value });
    else {
      this.values.push(value);
      if (this.values.length >= highWaterMark) this.hold();
    }
  }

  protected override _error(error: unknown): void {
    const waiter = this.waiters.shift();
    if (waiter) waiter.reject(error);
    else this.failure = { error };
    this.unsubscribe();
    this.end();
  }

  protected override _complete(): void {
    this.unsubscribe();
    this.end();
  }

  private end(): void {
    for (const waiter of this.waiters.splice(0)) waiter.resolve(done);
  }

  private shift(): T {
    const value = this.values.shift();
    if (this.values.length <= highWaterMark / 2) this.flow();
    return value;
  }
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

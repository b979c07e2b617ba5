import { type Observable, Subscription } from 'rxjs';

/**
 * An Observable for `for await`, as `firstValueFrom` is one for `await`.
 *
 * ```ts
 * for await (const text of eachValueFrom(client.stream(request).pipe(contentDeltas()))) process.stdout.write(text);
 * ```
 * - Cold, as its source: nothing is sent before the loop begins, and each loop is a subscription of its own.
 * - Leaving the loop (`break`, `return`, a throw in its body) unsubscribes in the same turn: the request is cancelled.
 * - The loop ends when the source completes. An error is thrown in the loop, after all values that came before it.
 *
 * **Gotcha**: an Observable does not wait, so what comes while the loop's body is busy is kept: of one answer no more than the whole
 * answer, but of an endless source without end. Work that is to hold the source back belongs into `concatMap`.
 * @see contentDeltas, sentences
 */
export function eachValueFrom<T>(source: Observable<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new ValueIterator(source) };
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** Either values wait to be asked for, or askers wait for values; never both. */
class ValueIterator<T> implements AsyncIterator<T, undefined> {
  private subscription: Subscription | undefined;
  private values: T[] = [];
  private head = 0;
  private readonly waiters: Waiter<T>[] = [];
  /** No more will come. */
  private ended = false;
  /** How it ended, until somebody was told: kept as a value, as a promise would be a rejection that nobody handles. */
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly source: Observable<T>) {}

  next(): Promise<IteratorResult<T, undefined>> {
    if (!this.subscription && !this.ended) this.begin();
    if (this.head < this.values.length) return Promise.resolve({ done: false, value: this.take() });
    if (this.failure) {
      const { error } = this.failure;
      this.failure = undefined;
      return Promise.reject(error);
    }
    if (this.ended) return Promise.resolve(done);
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.subscription?.unsubscribe();
    this.values = [];
    this.head = 0;
    this.failure = undefined;
    this.end();
    return Promise.resolve(done);
  }

  private begin(): void {
    this.subscription = new Subscription(); // before the source may call back in
    this.subscription.add(
      this.source.subscribe({
        next: value => {
          const waiter = this.waiters.shift();
          if (waiter) waiter.resolve({ done: false, value });
          else this.values.push(value);
        },
        error: error => {
          const waiter = this.waiters.shift();
          if (waiter) waiter.reject(error);
          else this.failure = { error };
          this.end();
        },
        complete: () => this.end(),
      }),
    );
  }

  private end(): void {
    this.ended = true;
    for (const waiter of this.waiters.splice(0)) waiter.resolve(done);
  }

  private take(): T {
    const value = this.values[this.head++] as T;
    // What was taken goes in one move now and then: to shift each would be quadratic.
    if (this.head === this.values.length || this.head === 1024) {
      this.values = this.values.slice(this.head);
      this.head = 0;
    }
    return value;
  }
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

import { defer, finalize, isObservable, type Observable, of } from 'rxjs';
import { type Countable, type TokenCounter, workerTokenCounter } from '../estimate/index.js';

/** The tokens of a prompt: one number. */
export type Count = (request: Countable, atMost?: number) => Observable<number>;

/** Lends a counter for the length of a subscription: the one that was given, or the tokenizer's. */
export function counting<T>(injected: TokenCounter | undefined, use: (count: Count) => Observable<T>): Observable<T> {
  return defer(() => {
    if (injected) return use(emitted(injected));
    const worker = workerTokenCounter();
    return use(emitted(worker.count)).pipe(finalize(() => void worker.release()));
  });
}

function emitted(counter: TokenCounter): Count {
  return (request, atMost) => {
    const tokens = counter(request, atMost);
    return isObservable(tokens) ? tokens : of(tokens);
  };
}

/** @throws TypeError unless it is a whole number from `least` on */
export function checkTokens(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`${name}: expected a whole number of tokens, at least ${least}, got ${String(value)}`);
}

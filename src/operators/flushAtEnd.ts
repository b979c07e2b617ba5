import { concat, defer, EMPTY, type MonoTypeOperatorFunction, of } from 'rxjs';

/** Emits what is left over when the source completes, unless that is nothing. */
export function flushAtEnd(rest: () => string): MonoTypeOperatorFunction<string> {
  return source =>
    concat(
      source,
      defer(() => {
        const text = rest();
        return text === '' ? EMPTY : of(text);
      }),
    );
}

import { concat, defer, type MonoTypeOperatorFunction } from 'rxjs';

/** Emits what is left over when the source completes, unless that is nothing. */
export function flushAtEnd(rest: () => string): MonoTypeOperatorFunction<string> {
  return source =>
    concat(
      source,
      defer(() => [rest()].filter(text => text !== '')),
    );
}

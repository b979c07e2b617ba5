import { catchError, type MonoTypeOperatorFunction, throwError } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { expect, test } from 'vitest';

/**
 * A sentence and the diagrams that prove it, in virtual time: one character is 1 ms.
 *
 * In the lines under a source, `a----|` is how long a window counts `a`. Where requests take time, `a~~A----|` is sent at `a`, in flight
 * until it is acknowledged at `A`, and counted until `|`. A group such as `(ab)` happens at its first character, but is as wide as it is.
 */
export function marbles(sentence: string, draw: (helpers: RunHelpers, scheduler: TestScheduler) => void): void {
  test(sentence, () => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run(helpers => draw(helpers, scheduler));
  });
}

/** An error as its `kind`, so that a diagram can name it. */
export function errorKind<T>(): MonoTypeOperatorFunction<T> {
  return catchError(error => throwError(() => error.kind ?? error));
}

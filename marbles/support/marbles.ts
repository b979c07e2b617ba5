import { catchError, type MonoTypeOperatorFunction, throwError } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { expect, test } from 'vitest';
import { drawing } from './drawing.js';

/**
 * A sentence and the diagrams that prove it, in virtual time: one character is 1 ms.
 *
 * In the lines under a source, `a----|` is how long a window counts `a`. Where requests take time, `a~~A----|` is sent at `a`, in flight
 * until it is acknowledged at `A`, and counted until `|`. A group such as `(ab)` happens at its first character, but is as wide as it is.
 *
 * What belongs to a numbered promise is also a picture in docs/marbles, made of the very diagrams that the test holds; where they differ
 * the test fails. `npm run marbles:draw` draws them anew.
 */
export function marbles(sentence: string, draw: (helpers: RunHelpers, scheduler: TestScheduler) => void): void {
  test(sentence, async ({ task }) => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    let svg = '';
    scheduler.run(helpers => {
      const drawn = drawing(helpers);
      draw(drawn.helpers, scheduler);
      svg = drawn.svg(sentence);
    });
    const promise = /\d\d-[\w-]+(?=\.test\.ts$)/.exec(task.file.name)?.[0];
    if (promise) await expect(svg).toMatchFileSnapshot(`../docs/marbles/${promise}/${fileName(sentence)}.svg`);
  });
}

function fileName(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** An error as its `kind`, so that a diagram can name it. */
export function errorKind<T>(): MonoTypeOperatorFunction<T> {
  return catchError(error => throwError(() => error.kind ?? error));
}

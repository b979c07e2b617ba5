import { asyncScheduler, Observable } from 'rxjs';
import { blocksOf } from './blocks.js';
import { countTexts } from './countTexts.js';
import { type TextCounter, textCounter } from './textCounter.js';
import type { Encoding } from './vocabularies.js';

/** The tokens of all texts together: at once where they are short. Beyond `atMost` it stops: there are at least so many. */
export type TextsCounter = (texts: readonly string[], atMost?: number) => number | Observable<number>;

/** UTF-16 units that are counted at once: some milliseconds at the worst. */
const short = 4096;
/** ms after which others have their turn; a block takes some more. */
const turn = 5;

/** Counts where there is no thread to do it. */
export async function counterInTurns(encoding: Encoding): Promise<TextsCounter> {
  const count = await textCounter(encoding);
  return (texts, atMost = Number.POSITIVE_INFINITY) =>
    texts.reduce((length, text) => length + text.length, 0) > short
      ? inTurns(count, texts, atMost)
      : countTexts(count, texts, atMost).reduce((total, tokens) => total + tokens, 0);
}

function inTurns(count: TextCounter, texts: readonly string[], atMost: number): Observable<number> {
  return new Observable(subscriber => {
    const blocks = blocksOfAll(texts);
    let total = 0;
    return asyncScheduler.schedule(function () {
      const until = asyncScheduler.now() + turn;
      do {
        const block = blocks.next();
        if (!block.done) total += count(block.value, atMost - total);
        if (block.done || total > atMost) {
          subscriber.next(total);
          subscriber.complete();
          return;
        }
      } while (asyncScheduler.now() < until);
      this.schedule();
    });
  });
}

function* blocksOfAll(texts: readonly string[]): Generator<string> {
  for (const text of texts) yield* blocksOf(text);
}

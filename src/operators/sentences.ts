import { concatMap, defer, type OperatorFunction } from 'rxjs';
import { flushAtEnd } from './flushAtEnd.js';
import { sentenceSplitter } from './sentenceSplitter.js';
import { type TextSource, textOf } from './toText.js';

/**
 * The text sentence by sentence, whatever pieces it comes in: for speech, which begins while the model still writes.
 *
 * ```
 * source         a--b--c--d|          'Hi the', 're. How', ' are you', '?'
 * sentences()    ---x-----(y|)        'Hi there.', ' How are you?'
 * ```
 * - A sentence ends with `.`, `!`, `?` or `…`, or their like in other scripts (`؟`, `।`), and the quotes and brackets that close after it, if space
 *   follows and what comes next does not begin small; with `。`, `！`, `？` whatever follows; and at the end of a line. The last one leaves when the source completes.
 * - No end is a full stop after an initial, a title or a common abbreviation (Dr., e.g., z. B.), or after the number of an item in a list.
 * - The space before a sentence is part of it, so joined they give the text exactly; `trim()` for who wants none.
 * - The same sentences come out wherever the pieces were cut, in time linear in the text. An error passes at once, and a sentence that is not
 *   whole is not told.
 *
 * ```ts
 * client.stream(request).pipe(sentences(), concatMap(sentence => speak(sentence.trim()))).subscribe();
 * ```
 * **Gotcha**: a sentence leaves when the word after it begins, as only that shows that it was one: a token later than its full stop.
 * @see words
 */
export function sentences(): OperatorFunction<TextSource, string> {
  return source =>
    defer(() => {
      const splitter = sentenceSplitter();
      return source.pipe(
        concatMap(value => splitter.split(textOf(value))),
        flushAtEnd(splitter.rest),
      );
    });
}

import { concatMap, defer, type OperatorFunction } from 'rxjs';
import { flushAtEnd } from './flushAtEnd.js';
import { type TextSource, textOf } from './toText.js';

/**
 * The text word by word, whatever pieces it comes in: for a UI that shows whole words, and for speech.
 *
 * ```
 * source     a--b--c--d|         'Hel', 'lo wor', 'ld', '!'
 * words()    ---x-----(y|)       'Hello', ' world!'
 * ```
 * - A word leaves when the space after it has come, the last one at the end. The space before it is part of it, so joined they give the
 *   text exactly; `map(word => word.trim())` for who wants none.
 * - Chinese and Japanese have no spaces: each of their characters is a word, with the punctuation after it.
 * - The same words come out wherever the pieces were cut, in time linear in the text. An error passes at once, and a word that is not whole is not told.
 *
 * ```ts
 * client.stream(request).pipe(words()).subscribe(word => bubble.append(word));
 * ```
 * @see sentences, smooth
 */
export function words(): OperatorFunction<TextSource, string> {
  return source =>
    defer(() => {
      let word = '';
      /** What the word under way has so far beside space. */
      let holds: 'character' | 'letters' | undefined;
      let half = '';

      const split = (delta: string): string[] => {
        const out: string[] = [];
        const text = half + delta;
        half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
        for (const [run, space, character, letters] of text.slice(0, text.length - half.length).matchAll(runs)) {
          if (holds && (space || character || (letters && holds === 'character'))) {
            out.push(word);
            word = '';
            holds = undefined;
          }
          word += run;
          if (character) holds = 'character';
          else if (!space) holds ??= 'letters';
        }
        return out;
      };
      return source.pipe(
        concatMap(value => split(textOf(value))),
        flushAtEnd(() => word + half),
      );
    });
}

const unspaced = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]';
/** Space, one character of a script without spaces, letters and digits of any other, anything else: marks, too, where they begin a run. */
const runs = new RegExp(
  `(\\s+)|(${unspaced})|((?!\\p{M})(?:(?!${unspaced})[\\p{L}\\p{M}\\p{N}])+)|(?:(?!${unspaced})[^\\s\\p{L}\\p{N}])+`,
  'gu',
);

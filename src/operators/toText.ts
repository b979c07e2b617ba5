import { map, type OperatorFunction, pipe, reduce, scan, startWith } from 'rxjs';
import type { ChatChunk, ChatCompletion } from '../answer/index.js';
import { contentOf, textIn } from '../decode/index.js';

/** Whatever holds a piece of an answer's text. */
export type TextSource = ChatChunk | ChatCompletion | string;

/**
 * All text as one string, at the end: of chunks, of completions, or of strings (`contentDeltas()`). '' if there was none.
 *
 * ```
 * source      --a--b--c|
 * toText()    ---------(x|)     x = 'abc'
 * ```
 */
export function toText(): OperatorFunction<TextSource, string> {
  return pipe(
    map(textOf),
    reduce((text, delta) => text + delta, ''),
  );
}

/**
 * The growing text, from '' on: for a UI that shows the answer so far.
 *
 * ```
 * source        --a----b---c|
 * scanText()    x-y----z---w|    '', 'a', 'ab', 'abc'
 * ```
 */
export function scanText(): OperatorFunction<TextSource, string> {
  return pipe(
    map(textOf),
    scan((text, delta) => text + delta, ''),
    startWith(''),
  );
}

/** The piece of text that it holds. */
export function textOf(source: TextSource): string {
  if (typeof source === 'string') return source;
  return source.object === 'chat.completion' ? textIn(source.choices[0]?.message.content) : contentOf(source);
}

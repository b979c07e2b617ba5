import {
  concat,
  concatMap,
  defer,
  EMPTY,
  map,
  type Observable,
  type OperatorFunction,
  of,
  repeat,
  takeWhile,
} from 'rxjs';
import type { TokenCounter } from '../estimate/index.js';
import { checkTokens, counting } from './counting.js';
import { type Place, placeIn } from './textPlaces.js';
import { type TextSource, textOf } from './toText.js';

export interface SplitTextOptions {
  /** Of each piece, the chat template's own tokens apart. At least 8. */
  readonly maxTokens: number;
  /** Up to so many tokens of the end of a piece are repeated at the beginning of the next; at most half of `maxTokens`. @default 0 */
  readonly overlap?: number;
  /** Whose tokens. @default 'openai/gpt-oss-20b' */
  readonly model?: string;
  /** @default js-tiktoken in a worker thread; in a browser without one */
  readonly tokenCounter?: TokenCounter;
}

/**
 * A long text in pieces of at most so many tokens, whatever chunks it comes in: to be summed up piece by piece, or embedded.
 *
 * - A piece ends at the end of a paragraph, else of a sentence, else of a word, else of a grapheme: the best that is in its second half. A
 *   grapheme that alone is over `maxTokens` is cut between code points; a surrogate pair never is.
 * - Without `overlap` the pieces joined are the text, exactly.
 * - Each piece has been counted, in time linear in the text. The same pieces come out wherever the chunks were cut.
 *
 * ```ts
 * from(readFile('book.txt', 'utf8')).pipe(
 *   splitText({ maxTokens: 2000, overlap: 100 }),
 *   map(piece => ({ model, messages: [{ role: 'user', content: `Sum up:\n${piece}` }] })),
 *   client.completeEach(),
 * );
 * ```
 * **Gotcha**: all values together are one text. Several texts: `concatMap(text => of(text).pipe(splitText(…)))`.
 * @see fitMessages
 * @throws TypeError for a `maxTokens` below 8, or an `overlap` of more than half of it
 */
export function splitText(options: SplitTextOptions): OperatorFunction<TextSource, string> {
  const { overlap = 0, model = 'openai/gpt-oss-20b', tokenCounter } = options;
  const maxTokens = checkTokens('maxTokens', options.maxTokens, 8);
  if (checkTokens('overlap', overlap, 0) > maxTokens / 2) {
    throw new TypeError(`overlap: expected at most half of maxTokens (${maxTokens / 2}), got ${overlap}`);
  }
  return source =>
    counting(tokenCounter, count => {
      const prompt = (content: string) => count({ model, messages: [{ role: 'user', content }] });
      const tokensOf = (text: string) =>
        prompt('').pipe(concatMap(around => prompt(text).pipe(map(tokens => tokens - around))));
      const splitter = textSplitter(maxTokens, overlap, tokensOf);
      return concat(
        source.pipe(
          map(textOf),
          concatMap(text => splitter.add(text)),
        ),
        splitter.rest,
      );
    });
}

/** UTF-16 units that a token has at the most, on an average: what is not looked at can't change a piece. */
const unitsPerToken = 8;
/** Units behind those, so that the last grapheme is whole. */
const lookahead = 64;
/** Of a piece: this full is full enough. */
const wellFilled = 0.8;
/** Counts for a piece that is well filled. */
const attempts = 4;

function textSplitter(maxTokens: number, overlap: number, tokensOf: (text: string) => Observable<number>) {
  const reach = maxTokens * unitsPerToken;
  /** What no piece has, and before it `repeated` units of the last piece. */
  let text = '';
  let repeated = 0;
  /** Units a token, as in the last piece. */
  let ratio = 4;

  /** The longest piece that is found to fit, its end looked for at or before `guess`. */
  const longest = (place: Place, guess: number, found: Piece, tried: number): Observable<Piece> => {
    const end = place.before(guess, repeated);
    const content = text.slice(0, end);
    return tokensOf(content).pipe(
      concatMap(tokens => {
        if (tokens > maxTokens) {
          if (found.tokens > 0 && tried >= attempts) return of(found);
          const less = Math.min(end - 1, Math.floor((end * maxTokens * 0.97) / tokens));
          if (less > Math.max(found.end, repeated) && end > repeated + 2)
            return longest({ ...place, most: end - 1 }, less, found, tried + 1);
          if (found.tokens > 0) return of(found);
          if (repeated === 0) return of({ end, tokens }); // one code point is all that there is
          text = text.slice(repeated); // no room for what is repeated and anything new
          repeated = 0;
          return longest(placeIn(text.slice(0, reach + lookahead), reach), Math.max(1, less), found, tried);
        }
        const more = Math.min(place.most, Math.floor((end * maxTokens * 0.97) / tokens));
        if (tokens >= wellFilled * maxTokens || tried >= attempts || more <= guess) return of({ end, tokens });
        return longest(place, more, { end, tokens }, tried + 1);
      }),
    );
  };
  /** How much of the end of a piece is repeated. */
  const repeatable = (place: Place, end: number, units: number): Observable<number> => {
    const start = units > 0 ? place.after(end - units, end) : end;
    if (start <= 0 || start >= end) return of(0);
    return tokensOf(text.slice(start, end)).pipe(
      concatMap(tokens =>
        tokens <= overlap
          ? of(end - start)
          : repeatable(place, end, Math.min(end - start - 1, Math.floor(((end - start) * overlap * 0.9) / tokens))),
      ),
    );
  };
  const piece = (): Observable<string> => {
    const place = placeIn(text.slice(0, reach + lookahead), reach);
    const guess = Math.max(repeated + 1, Math.floor(maxTokens * ratio * 0.97));
    return longest(place, Math.min(place.most, guess), { end: 0, tokens: 0 }, 1).pipe(
      concatMap(({ end, tokens }) => {
        ratio = end / Math.max(1, tokens);
        const content = text.slice(0, end);
        const again$ = overlap > 0 && end < text.length ? repeatable(place, end, Math.floor(overlap * ratio)) : of(0);
        return again$.pipe(
          map(units => {
            text = text.slice(end - units);
            repeated = units;
            return content;
          }),
        );
      }),
    );
  };
  /** Piece after piece while there is enough; `repeat` runs a loop where all is synchronous. */
  const pieces = (enough: () => boolean): Observable<string> =>
    defer(() => (enough() ? piece() : of(''))).pipe(
      repeat(),
      takeWhile(content => content !== ''),
    );

  return {
    add(chunk: string): Observable<string> {
      text += chunk;
      return text.length > reach + lookahead ? pieces(() => text.length > reach + lookahead) : EMPTY;
    },
    rest: pieces(() => text.length > repeated),
  };
}

interface Piece {
  readonly end: number;
  readonly tokens: number;
}

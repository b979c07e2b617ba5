/** UTF-16 units that are counted in one go, some milliseconds at the worst; on some ten million the regular expression's stack overflows. */
const longestBlock = 4096;
/** Of a block's end, where a place to cut is looked for. */
const searched = 256;
/** UTF-16 units; merging is quadratic within a piece, and a run of one letter is one piece. */
export const longestPiece = 128;

/**
 * A text in blocks that together have its tokens: cut between a letter and a space or mark that another letter follows, where the pieces of
 * each vocabulary end. Where there is no such place for long, it is cut anyway, and may have a token more.
 */
export function blocksOf(text: string): Generator<string> {
  return cut(text, longestBlock, block => {
    const [upToPlace] = /^.*\p{L}(?=[ ,.:;!?、。，！？]\p{L})/su.exec(block.slice(-searched)) ?? [];
    return upToPlace === undefined ? block.length : block.length - searched + upToPlace.length;
  });
}

/** One piece of a vocabulary's pattern in parts that can be merged in no time. */
export function partsOf(piece: string): Generator<string> {
  return cut(piece, longestPiece, part => part.length);
}

/** At least one, if it be empty; no surrogate pair is torn, of which each half would count as U+FFFD. */
function* cut(text: string, longest: number, lengthOf: (part: string) => number): Generator<string> {
  let start = 0;
  while (text.length - start > longest) {
    const length = lengthOf(text.slice(start, start + longest));
    const torn = /[\uD800-\uDBFF]/.test(text.charAt(start + length - 1));
    const end = start + length - (torn ? 1 : 0);
    yield text.slice(start, end);
    start = end;
  }
  yield text.slice(start);
}

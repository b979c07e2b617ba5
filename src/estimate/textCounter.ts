import { blocksOf, longestPiece, partsOf } from './blocks.js';
import { type Encoding, type Vocabulary, vocabularies } from './vocabularies.js';

/**
 * The tokens of one text. Linear in its length, whatever it holds; at most one a UTF-8 byte. Beyond `atMost` it stops: the text has at
 * least so many.
 */
export type TextCounter = (text: string, atMost?: number) => number;

/** The promise and not its outcome, so that many requests at once still load one vocabulary. */
const loading = new Map<Encoding, Promise<TextCounter>>();

/**
 * Loads a vocabulary, once per process or worker. It takes 0.1 to 0.3 s in one go: not for the main thread of a server.
 */
export function textCounter(encoding: Encoding): Promise<TextCounter> {
  let counter = loading.get(encoding);
  if (counter === undefined) {
    counter = vocabularies[encoding]().then(counterOf);
    loading.set(encoding, counter);
  }
  return counter;
}

/** Words whose tokens are remembered; UTF-16 units of the longest: of a longer one V8 would keep all of the text that it was cut from. */
const mostWords = 16_384;
const longestWord = 12;

/**
 * Counts as js-tiktoken's `encode(text, [], []).length` does; special tokens written in a text are text. Its vocabularies
 * are read here because its own encoder takes 1 s to build, and 9 ms for 128 Chinese characters without a break (here 0.2).
 */
function counterOf({ ranks, pattern }: Vocabulary): TextCounter {
  const pieces = new RegExp(pattern, 'gu');
  /** Of words, which come again. */
  const known = new Map<string, number>();
  const countAnew = (piece: string): number => {
    const bytes = toBytes(piece);
    return ranks.has(bytes) ? 1 : mergedLength(bytes, ranks);
  };
  const countPiece = (piece: string): number => {
    if (piece.length > longestWord) return countAnew(piece);
    const before = known.get(piece);
    if (before !== undefined) return before;
    const tokens = countAnew(piece);
    if (known.size === mostWords) known.clear();
    known.set(piece, tokens);
    return tokens;
  };
  return (text, atMost = Number.POSITIVE_INFINITY) => {
    let tokens = 0;
    for (const block of blocksOf(text)) {
      for (const [piece] of block.matchAll(pieces)) {
        if (piece.length <= longestPiece) tokens += countPiece(piece);
        else for (const part of partsOf(piece)) tokens += countPiece(part);
        if (tokens > atMost) return tokens;
      }
    }
    return tokens;
  };
}

const utf8 = new TextEncoder();

function toBytes(piece: string): string {
  // Of ASCII the characters are the bytes.
  return /^[\0-\x7F]*$/.test(piece) ? piece : String.fromCharCode(...utf8.encode(piece));
}

/** Byte-pair encoding: of all neighbouring parts that make a token, the pair of the lowest rank is merged until none does. */
function mergedLength(bytes: string, ranks: ReadonlyMap<string, number>): number {
  // Part i is bytes[starts[i], starts[i + 1]); pairs[i] is the rank of parts i and i + 1 as one token.
  const starts = [0, 1];
  const pairs: number[] = [];
  const rankOfPair = (at: number) => ranks.get(bytes.slice(starts[at], starts[at + 2])) ?? Number.POSITIVE_INFINITY;
  for (let end = 2; end <= bytes.length; end++) {
    starts.push(end);
    pairs.push(rankOfPair(end - 2));
  }
  for (;;) {
    let best = -1;
    let lowest = Number.POSITIVE_INFINITY;
    for (let at = 0; at < pairs.length; at++) {
      const rank = pairs[at]!;
      if (rank < lowest) {
        lowest = rank;
        best = at;
      }
    }
    if (best === -1) return pairs.length + 1;
    starts.splice(best + 1, 1);
    pairs.splice(best, 1);
    if (best < pairs.length) pairs[best] = rankOfPair(best);
    if (best > 0) pairs[best - 1] = rankOfPair(best - 1);
  }
}

import { graphemes } from './graphemes.js';

/** Places in a text where it may be cut. */
export interface Place {
  /** The furthest. */
  readonly most: number;
  /** The best place at or before `at` and after `least`: in the later half of a paragraph, sentence or word; else any. */
  before(at: number, least: number): number;
  /** The first beginning of a word from `at` on and before `end`; else of a grapheme. */
  after(at: number, end: number): number;
}

/** What ends a paragraph, a sentence, a word; the space after it included. */
const ends = [/\n[^\S\n]*\n\s*/g, /[.!?…]["'”’»)\]]*\s+|[。！？]["'”’»」』）]*\s*|\n\s*/g, /\s+/g];

/** @param reach units that may be taken; what is behind them tells whether a grapheme ends there */
export function placeIn(text: string, reach: number): Place {
  const { startAt, endAt } = graphemes(text);
  const most = Math.min(text.length, reach);
  return {
    most,
    before(at, least) {
      if (at >= text.length) return text.length;
      const from = Math.max(least, Math.floor(at / 2));
      const half = text.slice(from, at);
      for (const end of ends) {
        const last = [...half.matchAll(end)].at(-1);
        const place = last && startAt(from + last.index + last[0].length);
        if (place !== undefined && place > from) return place;
      }
      const start = startAt(at);
      return start > least ? start : codePointBefore(text, at, least);
    },
    after(at, end) {
      const space = /\s+/.exec(text.slice(Math.max(0, at), end));
      const place = space ? Math.max(0, at) + space.index + space[0].length : end;
      return endAt(place < end ? place : Math.max(0, at));
    },
  };
}

/** Within a grapheme. */
function codePointBefore(text: string, at: number, least: number): number {
  const pair = (place: number) => /^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(place - 1, place + 1));
  if (!pair(at)) return at;
  return at - 1 > least ? at - 1 : at + 1;
}

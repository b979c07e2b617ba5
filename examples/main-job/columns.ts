import { stripVTControlCharacters } from 'node:util';

/*
 * Text in terminal columns: letters of Chinese, Japanese and Korean and emoji take two, combining marks none, colours none.
 */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}])/u;
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a colour begins
const COLOUR = /(\u001B\[[\d;]*m)/;
const ASCII = /^[\x20-\x7E]*$/;

export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (ASCII.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of graphemes.segment(plain)) width += cellsOf(segment);
  return width;
}

/** Cut at `width` with an ellipsis, if it is longer. Colours go on to count for nothing. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let left = width - 1;
  let cut = '';
  for (const [index, part] of text.split(COLOUR).entries()) {
    if (index % 2 === 1) {
      cut += part; // also behind the cut: what was switched on is switched off
      continue;
    }
    for (const { segment } of left >= 0 ? graphemes.segment(part) : []) {
      left -= cellsOf(segment);
      if (left < 0) {
        cut += '…';
        break;
      }
      cut += segment;
    }
  }
  return cut;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** Whole words a line; a word longer than a line is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = clip(word, width);
  }
  return [...lines, line];
}

/** What a model says, made harmless: one line, no control characters that could move the cursor or turn the text round. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/[\u202A-\u202E\u2066-\u2069]/g, '')
    .trim();
}

function cellsOf(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return NOTHING.test(grapheme) ? 0 : 1;
}

import { promptParts } from './promptParts.js';
import type { Countable } from './TokenCounter.js';

/**
 * An upper bound of a prompt's tokens without a tokenizer: a token is at least one byte of UTF-8. For English it is some four
 * times the count. O(length) up to a million characters; for more than that, three bytes for each, which takes no time.
 */
export function byteBound(request: Countable): number {
  const { fixed, texts } = promptParts(request);
  const length = texts.reduce((total, text) => total + text.length, 0);
  if (length > longestRead) return fixed + 3 * length;
  return texts.reduce((total, text) => total + utf8Length(text), fixed);
}

/** UTF-16 units; reading ten million would hold the event loop for longer than 10 ms. */
const longestRead = 1_000_000;

/** Bytes of a text in UTF-8, nothing allocated; a lone surrogate is U+FFFD. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // A pair is four bytes and two units: two more, as for either alone, but once.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) at++;
  }
  return bytes;
}

import { promptParts } from './promptParts.js';
import type { Countable } from './TokenCounter.js';

/** Characters (UTF-16 units) of a prompt's texts by group of scripts, in the order of `groupCount`: what vocabularies differ in most. */
export type Scripts = readonly number[];

/**
 * What begins at these units, up to the next of them. 0 = of ASCII nothing but: 1 digits, 2 blanks; 3 Latin with marks; 4 Greek and Cyrillic; 5 Hebrew and
 * Arabic; 6 of India and its neighbours; 7 signs; 8 Kana; 9 Han; 10 Hangul; 11 pairs of surrogates, which are emoji as a rule.
 */
const groups: readonly (readonly [unit: number, group: number])[] = [
  [0x80, 3],
  [0x300, 4],
  [0x580, 5],
  [0x900, 6],
  [0x1100, 7],
  [0x1e00, 3],
  [0x1f00, 4],
  [0x2000, 7],
  [0x3000, 8],
  [0x3100, 9],
  [0xac00, 10],
  [0xd800, 11],
  [0xe000, 7],
];
export const groupCount = 11;

/** By a unit's upper nine bits. */
const groupOf = new Uint8Array(512);
for (const [unit, group] of groups) groupOf.fill(group, unit >> 7);

/** UTF-16 units that are looked at; of more, every second, third … stands for its neighbours. */
const looked = 16_384;

export function scriptsOf(request: Countable): Scripts {
  const { texts } = promptParts(request);
  const step = Math.ceil(texts.reduce((length, text) => length + text.length, 0) / looked);
  const counts = new Array<number>(groupCount).fill(0);
  for (const text of texts) {
    for (let at = 0; at < text.length; at += step) {
      const unit = text.charCodeAt(at);
      const group = unit <= 0x20 ? 2 : unit >= 0x30 && unit <= 0x39 ? 1 : groupOf[unit >> 7]!;
      if (group > 0) counts[group - 1]! += step;
    }
  }
  return counts;
}

import { promptParts } from './promptParts.js';
import type { Countable } from './TokenCounter.js';

/** Characters (UTF-16 units) of a prompt's texts by group of scripts, in the order of `groupCount`: what vocabularies differ in most. */
export type Scripts = readonly number[];

/** 1 digits, 2 blanks; 3 Latin with marks, 4 Greek and Cyrillic, 5 Hebrew and Arabic, 6 of India and beyond, 7 signs, 8 Kana, 9 Han, 10 Hangul, 11 emoji. */
export const groupCount = 11;

/** By a unit's upper nine bits; 0 = plain ASCII. */
const groupOf = new Uint8Array(512);
/** From which of those on it is which group. */
const from = [1, 3, 6, 4, 11, 5, 18, 6, 34, 7, 60, 3, 62, 4, 64, 7, 96, 8, 98, 9, 344, 10, 432, 11, 448, 7];
for (let at = 0; at < from.length; at += 2) groupOf.fill(from[at + 1]!, from[at]);

/** UTF-16 units that are looked at; of more, every second, third … stands for its neighbours. */
const looked = 16_384;

/** What calibration knows a prompt by. */
export type Traits = readonly [estimated: number, messages: number, scripts: Scripts];

export function traitsOf(request: Countable, estimated: number): Traits {
  return [estimated, request.messages.length, scriptsOf(request)];
}

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

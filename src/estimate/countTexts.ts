import type { TextCounter } from './textCounter.js';

/** The tokens of each text; beyond `atMost` in all, the last is what was counted so far and those after it are missing. */
export function countTexts(
  count: TextCounter,
  texts: readonly string[],
  atMost: number = Number.POSITIVE_INFINITY,
): readonly number[] {
  const counts: number[] = [];
  let left = atMost;
  for (const text of texts) {
    const tokens = count(text, left);
    counts.push(tokens);
    left -= tokens;
    if (left < 0) break;
  }
  return counts;
}

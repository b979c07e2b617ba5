/** Time from asking to the first text, while so many answers are under way that come at a model's pace. */

import { setTimeout } from 'node:timers/promises';
import { askAll, charactersIn, subjectsOf } from './clients.js';

export const subjects = subjectsOf(async (ask, size, atOnce = 1, lastsMs = 0) => {
  /** @type {number[]} */
  const times = [];
  let chunks = 0;
  /** @param {number} index */
  const timed = async index => {
    const askedAt = performance.now();
    let first = true;
    await ask(index, chunk => {
      chunks++;
      if (!first || charactersIn(chunk) === 0) return;
      first = false;
      times.push(performance.now() - askedAt);
    });
  };
  // One after the other over the time of an answer: together they would only wait for each other.
  await askAll(size, atOnce, timed, async reader => {
    await setTimeout((lastsMs * reader) / atOnce);
  });
  times.sort((a, b) => a - b);
  const quantile = (/** @type {number} */ share) => times[Math.ceil(share * times.length) - 1] ?? Number.NaN;
  return { median: quantile(0.5), p99: quantile(0.99), chunks };
});

/** CPU of reading answers that come as fast as they can. */

import { cpuOf } from '../measure.js';
import { askAll, charactersIn, subjectsOf } from './clients.js';

export const subjects = subjectsOf(async (ask, size, atOnce = 1) => {
  const total = { chunks: 0, characters: 0 };
  /** @param {import('./clients.js').Chunk} chunk */
  const heard = chunk => {
    total.chunks++;
    total.characters += charactersIn(chunk);
  };
  const cpuMs = await cpuOf(() => askAll(size, atOnce, index => ask(index, heard)));
  return { cpuMs, ...total };
});

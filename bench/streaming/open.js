/** Bytes that a stream takes while it is open, in the heap and outside. */

import { used } from '../used.js';
import { subjectsOf } from './clients.js';

export const subjects = subjectsOf(async (ask, size, chunksEach = 0) => {
  let chunks = 0;
  const open = (/** @type {number} */ count) =>
    new Promise((resolve, reject) => {
      const until = chunks + count * chunksEach;
      const heard = () => {
        if (++chunks === until) resolve(undefined);
      };
      for (let index = 0; index < count; index++)
        ask(index, heard).then(() => reject(new Error('it has ended')), reject);
    });
  await open(size); // once for what is loaded and compiled by it
  const before = await used();
  await open(size);
  return { bytes: ((await used()) - before) / size, chunks };
});

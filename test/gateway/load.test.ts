import { expect, it } from 'vitest';
import { crowd } from '../load/crowd.js';

// The short version of `npm run test:load`.
it('120 clients at once: none is lost or refused, and none goes before a more urgent one', async () => {
  const clients = 120;
  const { seconds, ideal, ...counts } = await crowd({ clients, limit: 30, perMs: 300 });
  expect(counts).toEqual({ answered: clients, refused: 0, overtaken: 0 });
  expect(seconds).toBeGreaterThanOrEqual(ideal);
});

import { once } from 'node:events';
import { expect, test } from 'vitest';
import { start } from './harness.js';

test('a save that is planned for later keeps no process alive', { timeout: 60_000 }, async () => {
  const began = performance.now();
  const child = start('busy.mjs');
  let printed = '';
  child.stdout.on('data', data => {
    printed += data;
  });
  await once(child, 'close');
  const { alive, saves } = JSON.parse(printed);
  expect(alive).toEqual([]);
  expect(saves).toBeGreaterThanOrEqual(60); // so the next is to wait
  expect(saves).toBeLessThan(62 + (performance.now() - began) / 1000); // one a second, beyond the first sixty
});

import { expect, it } from 'vitest';
import { root } from '../readme/folders.js';
import { runNode } from '../readme/runNode.js';

it('works with zone.js, whose change detection runs by the frame and not by the delta', async () => {
  const { stdout, stderr, code } = await runNode(['test/angular/withZone.mjs'], root);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const { turns, deltas, ...seen } = JSON.parse(stdout);
  expect(seen).toEqual({ zone: true, answers: [deltas, deltas], states: ['done', 'done'] });
  expect(turns).toBeLessThan(deltas / 2);
});

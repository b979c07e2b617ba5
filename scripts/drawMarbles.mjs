/** Draws docs/marbles anew: the tests of the numbered promises write what they else compare. Run it after the build. */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

rmSync('docs/marbles', { recursive: true, force: true });
const { status } = spawnSync('npx', ['vitest', 'run', '--update', '--typecheck.enabled=false', 'marbles/'], {
  stdio: 'inherit',
});
process.exit(status ?? 1);

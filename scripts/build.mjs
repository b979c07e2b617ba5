/** Compiles `src` to `dist` with plain tsc. */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';

if (!existsSync('dist')) rmSync('node_modules/.cache/build.tsbuildinfo', { force: true });

const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
  stdio: 'inherit',
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

chmodSync('dist/simulator/cli.js', 0o755);

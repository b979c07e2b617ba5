/** Compiles `src` to `dist` with plain tsc, and removes from it what was built of a source that is gone: it would be published. */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

if (!existsSync('dist')) rmSync('node_modules/.cache/build.tsbuildinfo', { force: true });

const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
  stdio: 'inherit',
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  const source = join('src', relative('dist', file)).replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
  if (entry.isFile() && !existsSync(source)) rmSync(file);
}

for (const program of ['gateway', 'simulator']) chmodSync(`dist/${program}/cli.js`, 0o755);

/** The Angular example in a real Chromium: installs it if need be, builds it and runs its tests. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const folder = 'examples/angular-chat';
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';

if (!existsSync(chromium)) {
  const missing = `No Chromium at ${chromium}. To test in it: apt-get install -y chromium (or name yours in $CHROMIUM)`;
  console.error(process.env.CI ? missing : `LEFT OUT: all tests in a browser. ${missing}`);
  process.exit(process.env.CI ? 1 : 0);
}

/** @param {string} command @param {readonly string[]} args @param {string} [cwd] */
function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

// Always: the copy of the library in it must be this one.
run('npm', ['ci', '--prefer-offline'], folder);
run('npm', ['run', 'build'], folder);
run('npm', ['run', 'lint'], folder);
run(process.execPath, ['../../node_modules/vitest/vitest.mjs', 'run'], folder);

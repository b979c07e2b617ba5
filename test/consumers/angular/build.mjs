/** `ng build`, with every warning an error. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const { status, stdout, stderr } = spawnSync('ng', ['build'], { encoding: 'utf8' });
assert.equal(status, 0, stdout + stderr);
assert.doesNotMatch(stdout + stderr, /warn|deprecat/i);
console.log(stdout);

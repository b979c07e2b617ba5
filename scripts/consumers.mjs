/**
 * Packs the library as npm would publish it, installs the tarball into a copy of each folder of test/consumers, outside of the repository,
 * and runs its `npm test`. Run it after the build. Names of folders as arguments run these alone, --heavy those that take long, --all all.
 * What a consumer shows, which folder it shares its files with and whether it is heavy stands in its package.json under "consumer".
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @typedef {{ name: string, shows: string, failed: boolean, install: number, test: number }} Row */

const consumers = 'test/consumers';
const named = process.argv.slice(2).filter(name => !name.startsWith('--'));
const [all, heavy] = ['--all', '--heavy'].map(flag => process.argv.includes(flag));
/** @param {string} name */
const manifestOf = name => JSON.parse(readFileSync(join(consumers, name, 'package.json'), 'utf8'));
const names = readdirSync(consumers).filter(name => existsSync(join(consumers, name, 'package.json')));
const unknown = named.filter(name => !names.includes(name));
if (unknown.length > 0) throw new Error(`no such consumer: ${unknown}. There are: ${names.join(' ')}`);
const chosen = named.length > 0 ? named : names.filter(name => all || !manifestOf(name).consumer.heavy === !heavy);

const folder = mkdtempSync(join(tmpdir(), 'rx-groq-consumers-'));
/** @type {Row[]} */
const rows = [];
try {
  const packed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], '.');
  if (packed.failed) throw new Error(packed.output);
  const tarball = join(folder, JSON.parse(packed.output)[0].filename);
  for (const name of chosen) rows.push(attempt(name, tarball));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
table(rows);
process.exitCode = rows.every(({ failed }) => !failed) ? 0 : 1;

/** @param {string} name @param {string} tarball @returns {Row} */
function attempt(name, tarball) {
  const { consumer } = manifestOf(name);
  const cwd = join(folder, name);
  if (consumer.with) cpSync(join(consumers, consumer.with), cwd, { recursive: true });
  cpSync(join(consumers, name), cwd, { recursive: true });
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const installed = run('npm', ['install', ...quiet, tarball], cwd);
  const tested = installed.failed ? installed : run('npm', ['test', '--silent'], cwd);
  rmSync(cwd, { recursive: true, force: true }); // a hundred megabytes each
  const { failed } = tested;
  const seconds = (installed.seconds + (installed.failed ? 0 : tested.seconds)).toFixed(0);
  process.stderr.write(failed ? `\n${name} has failed:\n${tested.output}\n` : `${name} ✓ ${seconds} s\n`);
  return { name, shows: consumer.shows, failed, install: installed.seconds, test: failed ? NaN : tested.seconds };
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const begin = performance.now();
  const env = { ...process.env, CI: 'true', NO_COLOR: '1', NODE_ENV: undefined, NG_CLI_ANALYTICS: 'false' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 900_000 });
  const failed = status !== 0;
  return { failed, output: failed ? stdout + stderr : stdout, seconds: (performance.now() - begin) / 1000 };
}

/** @param {Row[]} rows */
function table(rows) {
  const lines = [['consumer', 'what it shows', 'install, s', 'test, s']];
  for (const { name, shows, failed, install, test } of rows) {
    lines.push([name, shows, install.toFixed(1), failed ? 'FAILED' : test.toFixed(1)]);
  }
  const widths = /** @type {string[]} */ (lines[0]).map((_, column) =>
    Math.max(...lines.map(line => /** @type {string} */ (line[column]).length)),
  );
  /** @param {string[]} line */
  const draw = line =>
    line.map((text, i) => (i < 2 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join('  ');
  const seconds = rows.reduce((sum, { install, test }) => sum + install + (test || 0), 0);
  console.log(`\n${lines.map(draw).join('\n')}\n${rows.length} consumers, ${seconds.toFixed(0)} s`);
}

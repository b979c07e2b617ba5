/**
 * `node run.js [pacing] [streaming] [fidelity] [tokens] [redis] [--report] [--only WORDS]`: measures, prints tables, and exits with 1 where a bound is
 * missed; with `--report` it prints only. `--only "many small"` measures of `streaming` what has these words in its name.
 */

import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { fidelity } from './fidelity/suite.js';
import { pacing } from './pacing/suite.js';
import { redis } from './redis/suite.js';
import { streaming } from './streaming/suite.js';
import { tokens } from './tokens/suite.js';

/** @type {Record<string, (only?: string) => AsyncIterable<import('./table.js').Table>>} */
const suites = { pacing, streaming, fidelity, tokens, redis };

const { values, positionals } = parseArgs({
  options: { report: { type: 'boolean' }, only: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.find(name => !(name in suites));
if (unknown) throw new Error(`There is no suite "${unknown}": ${Object.keys(suites).join(', ')}`);
if (!existsSync(new URL('../dist/index.js', import.meta.url)))
  throw new Error('The library is not built: npm run build, in the folder above');

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'processor'}\n`);
let over = 0;
for (const name of positionals.length > 0 ? positionals : Object.keys(suites)) {
  for await (const table of suites[name]?.(values.only) ?? []) {
    console.log(`${table.text}\n`);
    over += table.over;
  }
}
console.log(over === 0 ? 'Every bound is kept.' : `${over} bounds are missed.`);
if (over > 0 && !values.report) process.exitCode = 1;

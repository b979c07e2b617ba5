/** Real processes that share a key, or whose clock is stepped. Run it after the build; names of parts as arguments run these alone. */

import type { Row } from '../load/row.js';
import { oneKey } from './oneKey.js';
import { steppedClock } from './steppedClock.js';

const tokens = { unit: 'tokens', limit: 6000 } as const;
const requests = { unit: 'requests', limit: 30 } as const;
const parts: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  tokens: () => oneKey(tokens, 2, 0),
  'tokens-later': () => oneKey(tokens, 2, 2.5),
  requests: () => oneKey(requests, 2, 0),
  'requests-later': () => oneKey(requests, 2, 2.5),
  clock: () => steppedClock(tokens),
};

const named = process.argv.slice(2);
const unknown = named.filter(name => !parts[name]);
if (unknown.length > 0) throw new Error(`no such part: ${unknown}. There are: ${Object.keys(parts).join(' ')}`);
const run = named.length > 0 ? named : Object.keys(parts);
const tables = await Promise.all(run.map(name => parts[name]!()));
for (const [index, rows] of tables.entries()) {
  console.log(`\n${run[index]}`);
  for (const { what, value, bound, ok } of rows) {
    if (!ok) process.exitCode = 1;
    console.log(`  ${what.padEnd(64)} ${value.padStart(16)}  ${ok ? bound : `${bound}  FAILED`}`);
  }
}

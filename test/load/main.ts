/** What the gateway bears. Run it after the build; names of parts as arguments run these alone. */

import { crowd } from './crowd.js';
import { flood } from './flood.js';
import { latency } from './latency.js';
import { type Row, row } from './row.js';
import { slowReaders } from './slowReaders.js';
import { vanished } from './vanished.js';

const clients = 500;
const parts: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  async crowd() {
    const { answered, refused, overtaken, seconds, ideal } = await crowd({ clients, limit: 30, perMs: 1000 });
    return [
      row(
        `${clients} clients at once, 30 requests a second: answered`,
        answered,
        String(clients),
        answered === clients,
      ),
      row('refused by the server behind', refused, '0', refused === 0),
      row('admitted before a more urgent one in line', overtaken, '0', overtaken === 0),
      row('time for all', `${seconds.toFixed(2)} s`, `${ideal} s at best`, seconds < 1.1 * ideal + 1),
    ];
  },
  latency: () => latency(1000),
  slowReaders: () => slowReaders(20),
  vanished: () => vanished(20),
  flood: () => flood(10_000),
};

const named = process.argv.slice(2);
const unknown = named.filter(name => !parts[name]);
if (unknown.length > 0) throw new Error(`no such part: ${unknown}. There are: ${Object.keys(parts).join(' ')}`);
for (const name of named.length > 0 ? named : Object.keys(parts)) {
  console.log(`\n${name}`);
  for (const { what, value, bound, ok } of await parts[name]!()) {
    if (!ok) process.exitCode = 1;
    console.log(`  ${what.padEnd(64)} ${value.padStart(16)}  ${ok ? bound : `${bound}  FAILED`}`);
  }
}

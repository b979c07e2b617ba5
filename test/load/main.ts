/** What the gateway bears. Run it after the build; names of parts as arguments run these alone. */

import { crowd } from './crowd.js';
import { flood } from './flood.js';
import { latency } from './latency.js';
import { type Part, partsAsked, printTable } from './parts.js';
import { row } from './row.js';
import { slowReaders } from './slowReaders.js';
import { vanished } from './vanished.js';

const clients = 500;
const parts: Readonly<Record<string, Part>> = {
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

for (const [name, part] of partsAsked(parts)) printTable(name, await part());

/** Real processes that share a key, or whose clock is stepped. Run it after the build; names of parts as arguments run these alone. */

import { type Part, partsAsked, printTable } from '../load/parts.js';
import { oneKey } from './oneKey.js';
import { steppedClock } from './steppedClock.js';

const tokens = { unit: 'tokens', limit: 6000 } as const;
const requests = { unit: 'requests', limit: 30 } as const;
const parts: Readonly<Record<string, Part>> = {
  tokens: () => oneKey(tokens, 2, 0),
  'tokens-later': () => oneKey(tokens, 2, 2.5),
  requests: () => oneKey(requests, 2, 0),
  'requests-later': () => oneKey(requests, 2, 2.5),
  clock: () => steppedClock(tokens),
};

const asked = partsAsked(parts);
// At once: they wait for windows, not for the machine.
const tables = await Promise.all(asked.map(([, part]) => part()));
for (const [index, [name]] of asked.entries()) printTable(name, tables[index]!);

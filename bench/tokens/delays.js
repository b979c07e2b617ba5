import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from '../measure.js';
import { bounded, table } from '../table.js';

/** ms above an idle loop. */
const bound = 10;

/** What else the machine does in one of them falls out. */
const runs = 3;

/** Texts of ten million characters, and how long they held up the event loop of a process that does nothing but ask for their tokens. */
export async function delays() {
  /** @type {(import('./asking.js').Measured & { above: number })[][]} */
  const measured = [];
  for (let run = 0; run < runs; run++) {
    const asking = fork(fileURLToPath(new URL('asking.js', import.meta.url)), { execArgv: ['--expose-gc'] });
    const [message] = await once(asking, 'message');
    const rows = /** @type {import('./asking.js').Measured[]} */ (message);
    const idle = rows[0]?.delay ?? Number.NaN;
    measured.push(rows.map(row => ({ ...row, above: row.delay - idle })));
  }
  const milliseconds = (/** @type {number} */ ms) => `${ms.toFixed(1)} ms`;
  return table(
    `Event loop delay while ten million characters are counted (max, above idle; median of ${runs} processes)`,
    ['', 'delay', 'took', 'MB/s'],
    (measured[0] ?? []).map(({ name, megabytes }, at) => {
      const of = (/** @type {'delay' | 'above' | 'seconds'} */ figure) =>
        median(measured.map(rows => rows[at]?.[figure] ?? Number.NaN));
      return [
        name,
        at === 0 ? milliseconds(of('delay')) : bounded(of('above'), bound, milliseconds),
        `${of('seconds').toFixed(2)} s`,
        megabytes ? (megabytes / of('seconds')).toFixed(1) : '–',
      ];
    }),
  );
}

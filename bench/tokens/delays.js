import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bounded, table } from '../table.js';

/** ms above an idle loop. */
const bound = 10;

/** Texts of ten million characters, and how long they held up the event loop of a process that does nothing but ask for their tokens. */
export async function delays() {
  const asking = fork(fileURLToPath(new URL('asking.js', import.meta.url)), { execArgv: ['--expose-gc'] });
  const [message] = await once(asking, 'message');
  const measured = /** @type {import('./asking.js').Measured[]} */ (message);
  const idle = measured[0]?.delay ?? Number.NaN;
  const milliseconds = (/** @type {number} */ ms) => `${ms.toFixed(1)} ms`;
  return table(
    'Event loop delay while ten million characters are counted (max, above idle)',
    ['', 'delay', 'took', 'MB/s'],
    measured.map(({ name, delay, seconds, megabytes }, at) => [
      name,
      at === 0 ? milliseconds(delay) : bounded(delay - idle, bound, milliseconds),
      `${seconds.toFixed(2)} s`,
      megabytes ? (megabytes / seconds).toFixed(1) : '–',
    ]),
  );
}

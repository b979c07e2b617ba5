/** `npm run fleet -- [--kill] [--restart-redis] [--prompts 2000] [--workers 3]`: shows what is done, and in the end what came of it. */
import { parseArgs } from 'node:util';
import { runFleet } from './fleet.mjs';

const { values } = parseArgs({
  options: {
    kill: { type: 'boolean', default: false },
    'restart-redis': { type: 'boolean', default: false },
    prompts: { type: 'string', default: '2000' },
    workers: { type: 'string', default: '3' },
  },
});
const { stdout } = process;
let shown = 0;

const summary = await runFleet({
  kill: values.kill,
  restartRedis: values['restart-redis'],
  prompts: Number(values.prompts),
  workers: Number(values.workers),
  progress({ answered, of, active, waiting, refused, event }) {
    const line = `${answered} of ${of} answered, ${active} with workers, ${waiting} waiting, ${refused} refused`;
    if (stdout.isTTY) stdout.write(`\r\x1b[K${line}${event ? `: ${event}\n` : ''}`);
    else if (event || shown++ % 20 === 0) console.log(event ? `${line}: ${event}` : line);
  },
});

const { prompts, answered, strays, completed, failed, turnedAway, asked, refused, seconds } = summary;
if (stdout.isTTY) stdout.write('\r\x1b[K');
console.log(`
results   ${answered} of ${prompts}, none double${strays ? `; ${strays} of no prompt` : ''}
jobs      ${completed} completed, ${failed} failed
asked     ${asked} times, ${asked - answered} of them again; ${turnedAway} second answers were turned away
refused   ${refused}
time      ${seconds.toFixed(0)} s`);
process.exitCode = answered === prompts && completed === prompts && strays === 0 && refused === 0 ? 0 : 1;

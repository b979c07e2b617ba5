import { signals } from '../../examples/main-job/signals.js';

/* A program that hears the first Ctrl-C, twice in the same moment as under npm, and never ends by itself. */

setInterval(() => {}, 1000);
signals().subscribe(code => {
  process.stdout.write(`stopping, and never done: ${code}\n`);
  queueMicrotask(() => process.emit('SIGINT'));
  setTimeout(() => process.stdout.write('a while later\n'), 1000);
});
process.stdout.write('ready\n');

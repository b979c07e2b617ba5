/**
 * The main job: a file of prompts through priority, pacing and streaming.
 *
 *   arguments → jobs → connect → resultsFile → run → liveView, finishedLine → summary
 *
 * Begin with run.ts: it is what the program does. The rest is what a program has round it.
 */

import { connect as connectTo, EMPTY, filter, lastValueFrom, map, merge, startWith, tap, toArray } from 'rxjs';
import { HELP, readArguments } from './arguments.js';
import { wrap } from './columns.js';
import { connect } from './connect.js';
import { finishedLine } from './finishedLine.js';
import { readJobs } from './jobs.js';
import { liveView } from './liveView.js';
import { ProgramError } from './ProgramError.js';
import { openResults } from './resultsFile.js';
import { run } from './run.js';
import { openScreen } from './screen.js';
import { signals } from './signals.js';
import { number, shortName } from './style.js';
import { summarize } from './summary.js';
import { summaryTable } from './summaryTable.js';

// Who reads us may have enough before we have: `npm start | head`.
process.stdout.on('error', () => process.exit(1));

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof ProgramError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  if (args.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { jobs, broken } = await readJobs(args.input);
  await using connection = await connect(process.env);
  using results = openResults(args.output, args.input);
  using screen = openScreen(process.stdout, process.env);

  const { client, timeScale } = connection;
  const asked = [...new Set(jobs.map(({ request }) => request.model))];
  const models = client.models().filter(model => asked.includes(model));
  const quotas = new Map(models.map(model => [model, client.limits(model).windows]));
  const total = jobs.length + broken.length;
  const modelWidth = Math.max(0, ...models.map(model => shortName(model).length));
  const intro = [...connection.description, `${number(total)} prompts; results go to ${args.output}`];
  for (const line of intro.flatMap(text => (screen.live ? wrap(text, screen.width) : text))) screen.print(line);

  let stopCode = 0;
  const stop$ = signals().pipe(tap(code => (stopCode = code)));
  const entries = await lastValueFrom(
    run(client, jobs, stop$).pipe(
      connectTo(progress$ =>
        merge(
          progress$.pipe(
            map(({ ended }) => ended),
            filter(result => result !== undefined),
            startWith(...broken),
            tap(entry => results.append(entry)),
            tap(entry => screen.print(finishedLine(entry, { width: screen.width, paint: screen.paint, modelWidth }))),
          ),
          screen.live ? liveView(progress$, client, { total: jobs.length, models, timeScale }, screen) : EMPTY,
        ),
      ),
      toArray(),
    ),
  );

  if (stopCode > 0) screen.print(`Stopped; ${number(total - entries.length)} of ${number(total)} cancelled.`);
  screen.print('');
  const summary = summarize(entries, quotas);
  for (const line of summaryTable(summary, { width: screen.width, paint: screen.paint, timeScale })) screen.print(line);
  screen.print(`\n${number(entries.length)} results in ${args.output}`);
  return stopCode || (summary.failed > 0 ? 1 : 0);
}

import { type ChatClient, mergeByPriority } from 'rx-groq';
import { catchError, concat, defer, EMPTY, ignoreElements, map, merge, type Observable, scan, takeUntil } from 'rxjs';
import { byPriority, type Job } from './jobs.js';
import { advance, begin, type News, type Progress } from './progress.js';

/**
 * The heart of the program. Sends all jobs, the most urgent first; each waits in line until its model's quota has room for it.
 * Completes when the last has ended. When `stop$` emits, what is not finished is cancelled, wherever it is.
 */
export function run(client: ChatClient, jobs: readonly Job[], stop$: Observable<unknown>): Observable<Progress> {
  const chunks$ = mergeByPriority(byPriority(jobs)).pipe(
    client.streamMap(
      job => ({ ...job.request, context: job }),
      (chunks, job) =>
        chunks.pipe(
          map((chunk): News => ({ type: 'chunk', job, chunk })),
          catchError(() => EMPTY), // one failure ends one request; events$ tells of it
        ),
    ),
    takeUntil(stop$),
  );
  const close$ = defer(() => client.close()).pipe(ignoreElements()); // completes events$
  return merge(client.events$, concat(chunks$, close$)).pipe(scan(advance, begin));
}

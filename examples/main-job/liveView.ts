import type { ChatClient } from 'rx-groq';
import {
  distinctUntilChanged,
  endWith,
  ignoreElements,
  map,
  type Observable,
  takeUntil,
  tap,
  timer,
  withLatestFrom,
} from 'rxjs';
import { frame, type View } from './frame.js';
import type { Progress, Talk } from './progress.js';
import type { Screen } from './screen.js';

/** ms between two pictures: twelve a second. */
const FRAME = 1000 / 12;

/** Draws the state of things until `progress$` ends. Emits nothing. */
export function liveView(
  progress$: Observable<Progress>,
  client: ChatClient,
  { total, models, timeScale }: Pick<View, 'total' | 'timeScale'> & { readonly models: readonly string[] },
  screen: Screen,
): Observable<never> {
  const began = performance.now();
  return timer(0, FRAME).pipe(
    withLatestFrom(progress$, client.status$),
    map(
      ([, progress, status]): View => ({
        // Asked anew for each picture: a bucket refills and a countdown runs without anything happening.
        models: models.map(name => ({ name, limits: client.limits(name), counts: status.models[name] ?? NOBODY })),
        talk: speaker(progress),
        done: status.done,
        total,
        timeScale,
        elapsedMs: performance.now() - began,
      }),
    ),
    map(view => frame(view, screen.width, screen.paint)),
    distinctUntilChanged((a, b) => a.join('\n') === b.join('\n')),
    tap(lines => screen.draw(lines)),
    takeUntil(progress$.pipe(ignoreElements(), endWith('the end'))),
    ignoreElements(),
  );
}

const NOBODY = { queued: 0, inFlight: 0, done: 0 };

/** Of all answers that stream, the one that has done so for longest: it stays until its end. */
function speaker({ talks }: Progress): Talk | undefined {
  return [...talks.values()].find(({ text }) => text !== '');
}

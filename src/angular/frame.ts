import { InjectionToken, inject, PLATFORM_ID } from '@angular/core';
import { animationFrameScheduler, asapScheduler, merge, type Observable, scheduled, timer } from 'rxjs';

/** ms after which a page that shows no frames (a tab in the background) is written to all the same */
const longestFrame = 250;

/** Emits in the next frame. Where nothing is drawn: at the end of the turn; in tests: at once. */
export const FRAME: InjectionToken<Observable<unknown>> = /* @__PURE__ */ new InjectionToken('rx-groq: next frame', {
  providedIn: 'root',
  factory: () =>
    inject(PLATFORM_ID) === 'server'
      ? scheduled([0], asapScheduler)
      : merge(scheduled([0], animationFrameScheduler), timer(longestFrame)),
});

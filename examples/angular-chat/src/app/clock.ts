import { Injectable } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { interval, map } from 'rxjs';

/** `performance.now()` as a signal, by the half second: for seconds that people read. */
@Injectable({ providedIn: 'root' })
export class Clock {
  readonly now = toSignal(interval(500).pipe(map(() => performance.now())), { initialValue: performance.now() });
}

/** 'now', '4 s', '2 min' */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 0) return 'now';
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

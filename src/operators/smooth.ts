import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import { clockOf } from '../pacing/index.js';
import { operatorSubscriber } from './operatorSubscriber.js';
import { Queue } from './queue.js';
import { type TextSource, textOf } from './toText.js';

export interface SmoothOptions {
  /** Above 0. Above 1000 several characters come at once, as timers count in ms. */
  readonly charactersPerSecond: number;
  /** @default RxJS's monotonic clock; virtual inside `TestScheduler.run` */
  readonly scheduler?: SchedulerLike;
}

/**
 * The text at the pace of a fast typist, whatever bursts it comes in: one character after the other, never faster than told.
 *
 * ```
 * source                                   a----b|             'Hel', 'lo'
 * smooth({ charactersPerSecond: 500 })     H-e-l-l-(o|)        one every 2 ms
 * ```
 * - The first character leaves at once, and so does one that comes after a pause; each other 1000 / charactersPerSecond ms after the one
 *   before it, rounded up to the ms without adding up.
 * - Completes when all is out. An error passes at once. Unsubscribing clears the timer; there is never more than one.
 *
 * ```ts
 * client.stream(request).pipe(smooth({ charactersPerSecond: 120 }), scanText()).subscribe(text => bubble.textContent = text);
 * ```
 * **Gotcha**: a model that writes faster than this gets ahead, and its text waits here: choose a rate above the model's.
 * @throws TypeError when made with a rate that is no number above 0
 * @see words, scanText
 */
export function smooth({ charactersPerSecond, scheduler }: SmoothOptions): OperatorFunction<TextSource, string> {
  const pause = 1000 / charactersPerSecond;
  if (!(charactersPerSecond > 0) || !Number.isFinite(charactersPerSecond)) {
    throw new TypeError(`charactersPerSecond: expected a number above 0, got ${String(charactersPerSecond)}`);
  }
  return source =>
    new Observable(subscriber => {
      const clock = clockOf(scheduler);
      const waiting = new Queue<string>();
      /** Of a pair of surrogates, which is one character wherever it was cut. */
      let half = '';
      /** When the next character may leave. */
      let due = Number.NEGATIVE_INFINITY;
      let timer: Subscription | undefined;
      let ended = false;

      const release = (): void => {
        timer = undefined;
        const now = clock.now();
        let out = '';
        while (due <= now + rounding && waiting.length > 0) {
          out += waiting.shift();
          due += pause;
        }
        if (waiting.length > 0) timer = clock.schedule(release, Math.ceil(due - now - rounding));
        if (out !== '') subscriber.next(out);
        if (ended && waiting.length === 0) subscriber.complete();
      };
      const look = (): void => {
        if (timer) return;
        due = Math.max(due, clock.now()); // a pause is not made up for; a timer that came late is
        release();
      };
      subscriber.add(() => timer?.unsubscribe());
      source.subscribe(
        operatorSubscriber<TextSource>(
          subscriber,
          value => {
            const text = half + textOf(value);
            half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
            for (const character of text.slice(0, text.length - half.length)) waiting.push(character);
            look();
          },
          () => {
            ended = true;
            if (half !== '') waiting.push(half);
            look();
          },
        ),
      );
    });
}

/** ms: sums of fractions are not exact. */
const rounding = 1e-6;

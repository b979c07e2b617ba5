import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import { clockOf } from '../pacing/index.js';
import { operatorSubscriber } from './operatorSubscriber.js';
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
      const waiting = characterQueue();
      /** When the next character may leave. */
      let due = Number.NEGATIVE_INFINITY;
      let timer: Subscription | undefined;
      let ended = false;

      const release = (): void => {
        timer = undefined;
        const now = clock.now();
        let out = '';
        while (due <= now + rounding && !waiting.empty()) {
          out += waiting.take();
          due += pause;
        }
        if (!waiting.empty()) timer = clock.schedule(release, Math.ceil(due - now - rounding));
        if (out !== '') subscriber.next(out);
        if (ended && waiting.empty()) subscriber.complete();
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
            waiting.add(textOf(value));
            look();
          },
          () => {
            ended = true;
            waiting.end();
            look();
          },
        ),
      );
    });
}

/** ms: sums of fractions are not exact. */
const rounding = 1e-6;

/** Takes texts, gives characters; a pair of surrogates is one, wherever it was cut. */
function characterQueue(): { add(text: string): void; end(): void; take(): string; empty(): boolean } {
  let texts: string[] = [];
  let head = 0;
  let at = 0;
  let half = '';
  return {
    add(text) {
      const whole = half + text;
      half = /[\ud800-\udbff]$/.exec(whole)?.[0] ?? '';
      if (whole.length > half.length) texts.push(half === '' ? whole : whole.slice(0, -1));
    },
    end() {
      if (half !== '') texts.push(half);
      half = '';
    },
    take() {
      const text = texts[head]!;
      const character = String.fromCodePoint(text.codePointAt(at)!);
      at += character.length;
      if (at === text.length) {
        at = 0;
        head++;
        // Old texts go in one move now and then: to shift each would be quadratic.
        if (head === 1024) {
          texts = texts.slice(head);
          head = 0;
        }
      }
      return character;
    },
    empty: () => head === texts.length,
  };
}

import { Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { ChatChunk, Usage } from '../answer/index.js';
import { lengthOf, usageOf } from '../decode/index.js';
import { clockOf } from '../pacing/index.js';
import { operatorSubscriber } from './operatorSubscriber.js';

/** How fast an answer came. */
export interface StreamTiming {
  /** ms from the subscription to the first piece of text, reasoning or a tool call; null if there was none. Includes the wait in line. */
  readonly firstTokenMs: number | null;
  /** ms from the subscription to the end. */
  readonly totalMs: number;
  /** By the server's own clock where it says `completion_time` (Groq), else from the first token to the last; null where neither can tell. */
  readonly tokensPerSecond: number | null;
  /** ms that the request waited at the server (Groq's `queue_time`); null where it does not say. */
  readonly serverQueueMs: number | null;
}

/**
 * How fast an answer came, once it has: the time to its first token, its tokens a second, and its wait at the server.
 *
 * ```
 * source      --r--a--b--f|       role, 'a', 'b', finish with usage
 * timing()    ------------(x|)    x = { firstTokenMs: 5, totalMs: 12, … }
 * ```
 * ```ts
 * client.stream(request).pipe(
 *   connect(chunks$ => merge(chunks$.pipe(contentDeltas()), chunks$.pipe(timing()))),
 * );
 * ```
 * **Gotcha**: the time runs from the subscription, so a request that waits in line waits for its first token. Without that wait it is in
 * the `timing` of results and events.
 * @param scheduler @default RxJS's monotonic clock; virtual inside `TestScheduler.run`
 * @see usage
 */
export function timing(scheduler?: SchedulerLike): OperatorFunction<ChatChunk, StreamTiming> {
  return source =>
    new Observable(subscriber => {
      const clock = clockOf(scheduler);
      const beganAt = clock.now();
      let firstAt: number | undefined;
      let lastAt = beganAt;
      let usage: Usage | undefined;
      source.subscribe(
        operatorSubscriber<ChatChunk>(
          subscriber,
          chunk => {
            usage = usageOf(chunk) ?? usage;
            if (!saysSomething(chunk)) return;
            lastAt = clock.now();
            firstAt ??= lastAt;
          },
          () => {
            subscriber.next({
              firstTokenMs: firstAt === undefined ? null : firstAt - beganAt,
              totalMs: clock.now() - beganAt,
              tokensPerSecond: firstAt === undefined ? null : speedOf(usage, lastAt - firstAt),
              serverQueueMs: millisOf(usage?.queue_time),
            });
            subscriber.complete();
          },
        ),
      );
    });
}

function saysSomething(chunk: ChatChunk): boolean {
  return lengthOf(chunk) > 0 || chunk.choices.some(({ delta }) => delta?.tool_calls?.length);
}

function speedOf(usage: Usage | undefined, ms: number): number | null {
  if (!usage) return null;
  const speed = usage.completion_tokens / (usage.completion_time || ms / 1000);
  return speed >= 0 && speed < Number.POSITIVE_INFINITY ? speed : null; // in no time at all, or less
}

function millisOf(seconds: unknown): number | null {
  const ms = typeof seconds === 'number' ? seconds * 1000 : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}

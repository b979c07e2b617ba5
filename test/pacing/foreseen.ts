import { type ChatClientOptions, createChatClient, type Priority, type RateWindow } from 'rx-groq';
import { Observable, VirtualTimeScheduler } from 'rxjs';
import { wholeAnswer } from '../client/harness.js';

export interface Asked {
  readonly tokens: number;
  readonly priority?: Priority;
  readonly key?: string;
}

export interface Told {
  readonly index: number;
  readonly at: number;
  readonly position: number;
  readonly etaMs: number | null;
}

/**
 * All ask at 0, in virtual time, and nothing else comes; answers come at once, and all is settled as reserved. What each is told of its wait
 * once the last has come, and the order in which and when they went.
 */
export function watchAll(
  windows: readonly RateWindow[],
  options: ChatClientOptions,
  asked: readonly Asked[],
): { told: readonly Told[]; went: ReadonlyMap<number, number> } {
  const clock = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  const costOf = (content: unknown): number => asked[Number(content)]!.tokens;
  const client = createChatClient(
    { m: { base_url: 'http://server.test/v1', refund: 'never', windows } },
    {
      scheduler: clock,
      tokenCounter: ({ messages }) => costOf(messages[0]!.content) - 1,
      transport: () =>
        new Observable(subscriber => {
          subscriber.next({ status: 200, headers: { 'content-type': 'application/json' } });
          subscriber.next(new TextEncoder().encode(answer));
          subscriber.complete();
        }),
      ...options,
    },
  );
  const atFirst: Told[] = [];
  const later: Told[] = [];
  const went = new Map<number, number>();
  for (const [index, { priority = 5, key }] of asked.entries()) {
    const messages = [{ role: 'user' as const, content: `${index}` }];
    client
      .watch({ model: 'm', messages, max_completion_tokens: 1, stream: false, priority, context: key })
      .subscribe(progress => {
        const at = clock.now();
        if (progress.state === 'sent') went.set(index, at);
        if (progress.state !== 'queued') return;
        const told: Told = { index, at, position: progress.position, etaMs: progress.etaMs };
        if (at === 0) atFirst[index] = told;
        else later.push(told);
      });
  }
  clock.flush();
  return { told: [...atFirst.filter(one => one && went.get(one.index) !== 0), ...later], went };
}

const answer = wholeAnswer('x');

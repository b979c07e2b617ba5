import { rateWindowMap } from 'rx-groq';
import { lastValueFrom, map, merge, tap, timer } from 'rxjs';
import type { LoggedWindow, Went } from './loggedPromises.js';

type Quota = NonNullable<NonNullable<Parameters<typeof rateWindowMap>[2]>['quota']>;

/** What is asked for, and when; the same for the same seed. */
interface Asked {
  readonly value: number;
  readonly after: number;
  readonly cost: number;
  readonly priority: number;
  readonly participant: number;
  /** ms from sending to the head. */
  readonly head: number;
  /** When the server counts it, from 0 (sent) to 1 (head). */
  readonly counts: number;
}

export interface LoggedRun {
  readonly went: readonly Went[];
  readonly asked: readonly number[];
  readonly ended: readonly number[];
}

/** Three participants with a line each, that send at random, in real time. */
export async function runLogged(participate: () => Quota, window: LoggedWindow, seed: number): Promise<LoggedRun> {
  const asked = requests(seed, window);
  const went: Went[] = [];
  const ended: number[] = [];
  const began = performance.now();
  const lines = [0, 1, 2].map(participant => {
    const own = asked.filter(one => one.participant === participant);
    const arrivals = new Map<Asked, number>();
    const source = merge(
      ...own.map(one =>
        timer(one.after).pipe(
          tap(() => arrivals.set(one, now())),
          map(() => one),
        ),
      ),
    );
    return source.pipe(
      rateWindowMap(
        { ...window, unit: 'tokens' },
        (one, permit) => {
          const sent = now();
          return timer(one.head).pipe(
            map(() => {
              const acknowledged = now();
              permit.acknowledged();
              const counted = sent + one.counts * (acknowledged - sent);
              went.push({ ...one, arrived: arrivals.get(one)!, sent, counted, acknowledged });
              return one.value;
            }),
          );
        },
        { quota: participate(), cost: ({ cost }) => ({ tokens: cost }), priority: ({ priority }) => priority as never },
      ),
      tap(value => ended.push(value)),
    );
  });
  await lastValueFrom(merge(...lines));
  return { went, asked: asked.map(({ value }) => value), ended };

  function now(): number {
    return performance.now() - began;
  }
}

/** About three windows full, half of them at once. */
function requests(seed: number, { limit, per }: LoggedWindow): Asked[] {
  const random = randomOf(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  const asked: Omit<Asked, 'value'>[] = [];
  for (let sum = 0; sum < 3 * limit; sum += asked.at(-1)!.cost) {
    asked.push({
      after: random() < 0.5 ? 0 : below(2 * per),
      cost: 1 + below(limit / 3),
      priority: [1, 2, 5, 5, 5, 10][below(6)]!,
      participant: below(3),
      head: below(15),
      counts: random(),
    });
  }
  return asked.toSorted((one, other) => one.after - other.after).map((one, value) => ({ ...one, value }));
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

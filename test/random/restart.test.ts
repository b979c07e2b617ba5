import fc from 'fast-check';
import { type ChatClient, createChatClient, type UsageRecord } from 'rx-groq';
import { concat, map, NEVER, of, timer } from 'rxjs';
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import { TestScheduler } from 'rxjs/testing';
import { expect, test } from 'vitest';
import { ask, config, end, head as headOf } from '../../marbles/support/chat.js';
import { longest, type PlanWindow, runs } from './plan.js';

/** One request; times in ms. */
interface Request {
  /** After the beginning of its process. */
  readonly at: number;
  readonly tokens: number;
  /** From sending to the response's head. */
  readonly head: number;
  /** When the server counts it: 0 = when it is sent, 1 = when its head comes. */
  readonly counted: number;
}

/** Two processes with one store. */
interface Life {
  readonly windows: readonly PlanWindow[];
  readonly maxFlight: number;
  readonly first: readonly Request[];
  readonly second: readonly Request[];
  /** When the first is killed and the second begins. */
  readonly restart: number;
  /** By how many ms the wall clock is set back in between. */
  readonly setBack: number;
}

interface Sent {
  readonly request: Request;
  readonly at: number;
}

const window = fc.record<PlanWindow>({
  unit: fc.constantFrom('requests', 'tokens'),
  kind: fc.constantFrom('sliding', 'bucket'),
  limit: fc.integer({ min: 3, max: 12 }),
  per: fc.integer({ min: 1, max: 60 }),
});
const windows = fc.uniqueArray(window, { minLength: 1, maxLength: 3, selector: ({ unit, per }) => `${unit} ${per}` });
const requests = (longestHead: number) =>
  fc.array(
    fc.record<Request>({
      at: fc.nat(40),
      tokens: fc.integer({ min: 1, max: 3 }),
      head: fc.nat(longestHead),
      counted: fc.constantFrom(0, 0.3, 0.7, 1),
    }),
    { minLength: 1, maxLength: 12 },
  );
const lives = (longestHead: number) =>
  fc.record<Life>({
    windows,
    maxFlight: fc.integer({ min: 12, max: 20 }),
    first: requests(longestHead),
    second: requests(12),
    restart: fc.integer({ min: 1, max: 60 }),
    setBack: fc.constantFrom(0, 0, 5, 3_600_000),
  });

/** What is sent in a life, in virtual time. Without `killed` the first process goes on, and gets the second one's requests. */
function play({ windows, maxFlight, first, second, restart, setBack }: Life, killed: boolean): Sent[] {
  const sent: Sent[] = [];
  new TestScheduler(() => {}).run(({ flush }) => {
    const now = (): number => virtual.now();
    const virtual = dateTimestampProvider.delegate!;
    dateTimestampProvider.delegate = { now: () => 1e12 + now() - (now() < restart ? 0 : setBack) };
    let saved: UsageRecord | undefined;
    let processes = 0;
    const start = (requests: readonly Request[]): ChatClient => {
      const process = ++processes;
      const alive = (): boolean => process === processes;
      const client = createChatClient(config({ windows }), {
        maxFlight,
        backfill: false,
        timeouts: { head: Number.POSITIVE_INFINITY }, // what was killed ends no more
        usageStore: {
          load: () => structuredClone(saved),
          save(usage) {
            if (alive()) saved = structuredClone(usage);
          },
        },
        tokenCounter: ({ messages }) => requestOf(messages).tokens - 1,
        transport({ body }) {
          if (!alive()) return NEVER;
          const request = requestOf(JSON.parse(body!).messages);
          sent.push({ request, at: now() });
          return concat(timer(request.head).pipe(map(() => headOf(200))), of(end(request.tokens - 1, 1)));
        },
      });
      send(client, requests);
      return client;
    };
    timer(restart).subscribe(() => (killed ? start(second) : send(goingOn, second)));
    const goingOn = start(first);
    flush();
  });
  return sent;
}

function send(client: ChatClient, requests: readonly Request[]): void {
  for (const request of requests) {
    const answer$ = client.complete(ask(JSON.stringify(request), { max_completion_tokens: 1 }));
    timer(request.at).subscribe(() => answer$.subscribe());
  }
}

function requestOf(messages: readonly { readonly content?: unknown }[]): Request {
  return JSON.parse(String(messages[0]!.content));
}

test(
  'a process that is killed and begun again sends what goes at the instant at which the first would have sent it',
  () => {
    fc.assert(
      fc.property(lives(0), fc.nat(20), (life, pause) => {
        const before = play({ ...life, second: [] }, false);
        const restart = before.at(-1)!.at + 1 + pause; // nothing is in line or in flight
        const times = (killed: boolean): unknown =>
          play({ ...life, restart, setBack: 0 }, killed).map(({ request, at }) => [at, request]);
        expect(times(true)).toEqual(times(false));
      }),
      runs(120),
    );
  },
  longest,
);

test(
  'wherever it is killed, and with the wall clock set back, both together are never over',
  () => {
    fc.assert(
      fc.property(lives(12), life => {
        const counted = play(life, true)
          .map(({ request, at }) => ({ at: at + request.counted * request.head, tokens: request.tokens, requests: 1 }))
          .sort((one, other) => one.at - other.at);
        for (const { unit, kind, limit, per } of life.windows) {
          let debt = 0;
          for (const [index, event] of counted.entries()) {
            const { at } = event;
            debt = Math.max(0, debt - ((at - (counted[index - 1]?.at ?? at)) * limit) / per) + event[unit];
            const inside = counted.slice(0, index + 1).filter(other => other.at > at - per);
            const used = kind === 'bucket' ? debt : inside.reduce((sum, one) => sum + one[unit], 0);
            if (used > limit + 1e-6) expect.fail(`${used} ${unit} per ${per} ms used at ${at}, of ${limit} (${kind})`);
          }
        }
      }),
      runs(300),
    );
  },
  longest,
);

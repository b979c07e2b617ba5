import { type ChatClientOptions, type ChatRequest, createChatClient, type Priority } from 'rx-groq';
import { Observable, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import { wholeAnswer } from '../client/harness.js';

/* What is foreseen of a whole line when its last has come, beside what became of it: in virtual time, where nothing else comes. */

interface Asked {
  readonly tokens: number;
  readonly priority?: Priority;
  readonly key?: string;
}

const many = (of: (index: number) => Asked): readonly Asked[] => Array.from({ length: 12 }, (_, index) => of(index));
const keyOf = ({ context }: ChatRequest): unknown => context;
const rows: readonly [string, ChatClientOptions, readonly Asked[]][] = [
  ['plain order', {}, many(() => ({ tokens: 40 }))],
  ['priorities', {}, many(index => ({ tokens: 30, priority: (1 + ((index * 7) % 10)) as Priority }))],
  ['aging', { aging: 300 }, many(index => ({ tokens: 60, priority: ([1, 5, 9] as const)[index % 3]! }))],
  ['turns', { fairBy: keyOf }, many(index => ({ tokens: [60, 20][index % 2]!, key: 'ab'[index % 2]! }))],
  [
    'weights',
    { fairBy: { key: keyOf, weight: ({ context }) => (context === 'a' ? 3 : 1) } },
    many(index => ({ tokens: 40, key: 'ab'[index % 2]! })),
  ],
  ['a reserve', { reserve: { 1: 0.3 } }, many(index => ({ tokens: 30, priority: index % 3 ? 5 : 1 }))],
];

it.each((['sliding', 'bucket'] as const).flatMap(kind => rows.map(row => [kind, ...row] as const)))(
  'all go when it was foreseen: %s, %s',
  (kind, _, options, asked) => {
    const clock = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
    const costOf = (content: unknown): number => asked[Number(content)]!.tokens;
    const client = createChatClient(
      {
        m: {
          base_url: 'http://server.test/v1',
          refund: 'never',
          windows: [{ limit: 100, per: 1000, unit: 'tokens', kind }],
        },
      },
      {
        scheduler: clock,
        aging: 0,
        backfill: false,
        maxFlight: 0,
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
    const foreseen: (number | null)[] = [];
    const went: number[] = [];
    for (const [index, { priority = 5, key }] of asked.entries()) {
      const messages = [{ role: 'user' as const, content: `${index}` }];
      client
        .watch({ model: 'm', messages, max_completion_tokens: 1, stream: false, priority, context: key })
        .subscribe(progress => {
          if (progress.state === 'queued' && clock.now() === 0) foreseen[index] = progress.etaMs;
          if (progress.state === 'sent') went[index] = clock.now();
        });
    }
    clock.flush();
    expect(went).toHaveLength(asked.length);
    expect(foreseen.filter(eta => eta).length).toBeGreaterThan(5);
    for (const [index, eta] of foreseen.entries())
      if (eta !== undefined) expect([index, eta]).toEqual([index, went[index]]);
  },
);

const answer = wholeAnswer('x');

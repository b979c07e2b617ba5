import type { ChatClientOptions, ChatRequest, Priority } from 'rx-groq';
import { expect, it } from 'vitest';
import { type Asked, watchAll } from './foreseen.js';

/* What is foreseen of a whole line when its last has come, beside what became of it: in virtual time, where nothing else comes. */

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
  ['gaps', { backfill: {} }, many(index => ({ tokens: [70, 60, 25][index % 3]!, priority: index % 2 ? 5 : 1 }))],
];

it.each((['sliding', 'bucket'] as const).flatMap(kind => rows.map(row => [kind, ...row] as const)))(
  'all go when it was foreseen: %s, %s',
  (kind, _, options, asked) => {
    const windows = [{ limit: 100, per: 1000, unit: 'tokens', kind }];
    const { told, went } = watchAll(windows, { aging: 0, backfill: false, maxFlight: 0, ...options }, asked);
    expect(went.size).toBe(asked.length);
    expect(told.filter(({ at, etaMs }) => at === 0 && etaMs).length).toBeGreaterThan(5);
    for (const { index, at, etaMs } of told) expect([index, at, etaMs]).toEqual([index, at, went.get(index)! - at]);
  },
);

it('one that slips into a gap is foreseen before those whom it overtakes', () => {
  const windows = [{ limit: 100, per: 1000, unit: 'tokens' }];
  // Beside the 80 there is room for the 10, which delay the 90 by nothing.
  const asked = [{ tokens: 95 }, { tokens: 80 }, { tokens: 90 }, { tokens: 10, priority: 9 as const }];
  const { told } = watchAll(windows, {}, asked);
  const atFirst = told.filter(({ at }) => at === 0);
  expect(atFirst.map(({ index, position, etaMs }) => [asked[index]!.tokens, position, etaMs])).toEqual([
    [80, 1, 1000],
    [90, 3, 2000],
    [10, 2, 1000],
  ]);
});

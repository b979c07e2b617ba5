import fc from 'fast-check';
import type { ChatRequest, Priority, RateWindow } from 'rx-groq';
import { expect, test } from 'vitest';
import { type Asked, watchAll } from '../pacing/foreseen.js';
import { longest, runs } from './plan.js';

const most = 60;
/** Half of it is kept for the urgent in some runs; parts of a unit would leave what fits to rounding. */
const even = (min: number, max: number) => fc.integer({ min: min / 2, max: max / 2 }).map(half => half * 2);
const kind = fc.constantFrom('sliding' as const, 'bucket' as const);
const per = fc.integer({ min: 200, max: 3000 });
const windows = fc
  .tuple(
    fc.record({ unit: fc.constant('tokens'), limit: even(most, 200), per, kind }),
    fc.array(fc.record({ unit: fc.constant('requests'), limit: even(2, 8), per, kind }), {
      maxLength: 2,
    }),
  )
  .map(([tokens, requests]): RateWindow[] => [tokens, ...requests]);
const asked: fc.Arbitrary<Asked[]> = fc.array(
  fc.record({
    tokens: fc.integer({ min: 4, max: most }),
    priority: fc.constantFrom<Priority>(1, 5, 5, 9),
    key: fc.constantFrom('a', 'b'),
  }),
  { minLength: 2, maxLength: 24 },
);
const options = fc.record({
  aging: fc.constantFrom(0, 150, 900),
  backfill: fc.record({ depth: fc.constant(100), slack: fc.constantFrom(0, 0.02, 0.3) }),
  maxFlight: fc.constantFrom(0, 100, 2000),
  fair: fc.boolean(),
  reserved: fc.boolean(),
});

test(
  'whoever waits is told when it will go, to the ms, into gaps or not, for as long as nothing else comes',
  () => {
    fc.assert(
      fc.property(windows, options, asked, (windows, { fair, reserved, ...options }, asked) => {
        const { told, went } = watchAll(
          windows,
          {
            ...options,
            ...(fair && { fairBy: ({ context }: ChatRequest) => context }),
            ...(reserved && { reserve: { 1: 0.5 } }),
          },
          reserved ? asked.map(one => ({ ...one, tokens: Math.ceil(one.tokens / 2) })) : asked,
        );
        expect(went.size).toBe(asked.length);
        for (const { index, at, etaMs } of told)
          expect({ index, at, eta: etaMs }).toEqual({ index, at, eta: went.get(index)! - at });
        const order = [...went.keys()].filter(index => told.some(one => one.index === index && one.at === 0));
        const places = told.filter(({ at }) => at === 0).sort((one, other) => one.position - other.position);
        expect(places.map(({ index }) => index)).toEqual(order);
      }),
      runs(300),
    );
  },
  longest,
);

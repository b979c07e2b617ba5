import fc from 'fast-check';
import { test, vi } from 'vitest';
import { type Ingredients, plans, runs, times } from './plan.js';
import { play } from './play.js';
import {
  expectFirstNotDelayed,
  expectNeverLate,
  expectNeverOver,
  expectNothingLost,
  expectOnlyWhatFits,
  expectPriorityThenArrival,
} from './promises.js';

vi.setConfig({ testTimeout: 60_000 * Math.max(1, times) });

/** Any plan of these ingredients keeps these promises. */
function keeps(promises: readonly (typeof expectNeverOver)[], ingredients: Ingredients, count = 700): () => void {
  const property = fc.property(plans(ingredients), plan => {
    const log = play(plan);
    for (const promise of promises) promise(plan, log);
  });
  return () => fc.assert(property, runs(count));
}

/** Each request goes at the instant at which the contract has it go: never before, never after, whatever else happens. */
const onTime = [expectOnlyWhatFits, expectNeverLate, expectNothingLost];
const inOrder = [...onTime, expectPriorityThenArrival];
const everything = [...inOrder, expectNeverOver];

const permits = true;
const cancelling = true;
const refusing = true;
const concurrency = true;

test('plain values', keeps(everything, {}, 1000));
test('requests that take time', keeps(everything, { permits }, 1000));
test('requests cancelled in line and in flight', keeps(everything, { permits, cancelling, concurrency }));
test('answers that take less than was reserved', keeps(everything, { permits, settling: 'down' }));
test('answers that take more, too', keeps(inOrder, { permits, settling: 'any', cancelling }));
test('requests that were never sent', keeps(everything, { permits, releasing: true, concurrency }));
test('limits that change', keeps(inOrder, { permits, changing: true, cancelling, settling: 'down' }));
test('limits that change under plain values', keeps(inOrder, { changing: true, cancelling }));
test('requests refused', keeps(everything, { permits, refusing, cancelling, concurrency }));
test('requests that grow more urgent', keeps(everything, { permits, refusing, cancelling, aging: true }));

const fractions = true;
test('values that come between the ms', keeps([expectNeverOver], { fractions }, 500));
test(
  'requests between the ms',
  keeps([expectNeverOver], { permits, cancelling, refusing, settling: 'down', fractions }),
);

const common = { permits, cancelling, refusing, concurrency };
const filling = [...onTime, expectNeverOver, expectFirstNotDelayed];
test('backfill of plain values', keeps(filling, { backfilling: true }));
test(
  'backfill of requests that take time',
  keeps(filling, { permits, cancelling, settling: 'down', backfilling: true }),
);
test(
  'all at once',
  keeps(onTime, { ...common, settling: 'any', changing: true, releasing: true, aging: true, backfilling: true }),
);

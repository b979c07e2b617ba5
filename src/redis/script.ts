import { createHash } from 'node:crypto';
import { agreement } from './lua/agreement.js';
import { answer } from './lua/answer.js';
import { grants } from './lua/grants.js';
import { reports } from './lua/reports.js';
import { room } from './lua/room.js';
import { state } from './lua/state.js';
import { turns } from './lua/turns.js';
import { windows } from './lua/windows.js';

/**
 * The one step that a process takes in Redis: it reports what became of what it was granted, and asks for the first of its line.
 *
 * - KEYS[1]  the pool's state, one packed value; each window has two keys beside it, in the same hash slot
 * - ARGV[1]  JSON, see `Message`
 * - result   JSON, see `Reply`
 *
 * Atomic, because what is free, whose turn it is and what is taken must be judged at one instant. The same `seq` twice is answered as the
 * first time, so that a step whose answer was lost can be taken again. Time is the server's own, counted from `base`, and never runs back.
 *
 * A sliding window is a row of slots, each a thousandth of its length (at least 1 ms) and named by its end:
 *
 *     ──┬────┬────┬────┬────┬────┬──▶      a request that was granted stands in the slot of its deadline, the latest instant at which the
 *       │  2 │    │  5 │  1 │    │ 1        server may count it, and moves to the present slot when the server has: so what a dead process
 *       └────┴────┴────┴────┴────┴──        has taken needs nobody to count it, and leaves with its window
 *           now - per          now  deadline
 *
 * So a window holds at most 1,001 slots that count, as many that are remembered, and those up to the latest deadline, however many requests
 * it counts. A bucket is a level (`debt`, in units × ms, 0 = full); only what is in flight (`fly`) stands in slots, of 1 ms.
 */
export const script: string = [state, windows, agreement, reports, room, turns, grants, answer].join('');

export const sha: string = createHash('sha1').update(script).digest('hex');

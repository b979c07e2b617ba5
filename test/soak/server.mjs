/**
 * The soak's server, in a process of its own so that its heap is none of the client's: of every ten requests six meet one of the ordinary
 * faults, one a rare one. Sends its address; `stats` asks what it has seen, `quiet` until nobody is connected any more.
 */

import { startSimulator } from 'rx-groq/simulator';

/** @typedef {import('rx-groq/simulator').Fault} Fault */

/** Sums to the share of requests that it befalls, in per cent. @type {readonly (readonly [percent: number, fault: Fault])[]} */
const faults = [
  [5, { kind: 'reset-mid-stream', after: 2 }],
  [5, { kind: 'reset-mid-stream', after: 20 }],
  [10, { kind: 'stall', after: 5 }],
  [10, { kind: 'status', status: 429, retryAfterMs: 10, headers: { 'retry-after': '0.01' }, body: refusal() }],
  [5, { kind: 'status', status: 503 }],
  [5, { kind: 'status', status: 500 }],
  [10, { kind: 'stream-error', after: 4 }],
  [10, { kind: 'garbage', after: 8 }],
  [2, { kind: 'reset-before-head' }],
  [2, { kind: 'slow-head', ms: 60_000 }],
  [2, { kind: 'html' }],
  [2, { kind: 'empty' }],
  [2, { kind: 'cut', after: 10 }],
];

/** @type {Record<string, number>} */
const met = {};
const simulator = await startSimulator({
  limits: { '*': { rpm: -1, rpd: -1, tpm: -1, tpd: -1 } },
  headers: false,
  tokensPerSecond: 80,
  jitter: 20,
  answer: () => 'word '.repeat(40),
  onEvent({ type, request: { fault } }) {
    if (type === 'ended') met[fault ?? 'none'] = (met[fault ?? 'none'] ?? 0) + 1;
  },
});

/** One draw for each request, whichever faults are asked. @type {{ of: object | undefined, at: number }} */
const drawn = { of: undefined, at: 0 };
let below = 0;
for (const [percent, fault] of faults) {
  const [from, to] = [below, below + percent];
  below = to;
  /** @param {object} body */
  const match = body => {
    if (drawn.of !== body) Object.assign(drawn, { of: body, at: Math.random() * 100 });
    return drawn.at >= from && drawn.at < to;
  };
  simulator.fault({ ...fault, match, times: Number.POSITIVE_INFINITY });
}

/** Of a window so large that what is left of it, nothing, is refilled at once. */
function refusal() {
  const message =
    'Rate limit reached on requests per minute (RPM): Limit 600000, Used 600000, Requested 1. Please try again in 10ms.';
  return { error: { message, type: 'requests', code: 'rate_limit_exceeded' } };
}

process.on('message', async asked => {
  if (asked === 'quiet') await simulator.until(({ open, connections }) => open === 0 && connections === 0);
  const { open, connections, peakOpen } = simulator.stats();
  process.send?.({ open, connections, peakOpen, met });
});
process.on('disconnect', () => process.exit());
process.send?.(simulator.url);

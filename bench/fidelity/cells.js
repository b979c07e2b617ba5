/**
 * Loads against servers: how a server counts, how long it takes to say so, what binds the load, whether answers stream.
 *
 * @typedef {object} Cell
 * @property {'bucket' | 'sliding' | 'fixed'} counting how the server counts
 * @property {'bucket' | 'sliding'} kind how the client does
 * @property {readonly [number, number]} delay ms from a request's arrival to its being counted, and again to its head
 * @property {'requests' | 'tokens'} bound what the load is bound by
 * @property {boolean} stream
 */

/** Windows that fit the servers: `bucket` a bucket, `sliding` every one. */
const pairs = /** @type {const} */ ([
  ['bucket', 'bucket'],
  ['bucket', 'sliding'],
  ['sliding', 'sliding'],
  ['fixed', 'sliding'],
]);
const delays = /** @type {const} */ ([
  [5, 40],
  [50, 400],
]);

/** @type {readonly Cell[]} */
export const cells = pairs.flatMap(([counting, kind]) =>
  delays.flatMap(delay =>
    /** @type {const} */ (['requests', 'tokens']).flatMap(bound =>
      [true, false].map(stream => ({ counting, kind, delay, bound, stream })),
    ),
  ),
);

/** A bucket in front of the two stricter servers: it is refused, learns, and is never refused again. */
/** @type {readonly Cell[]} */
export const misfits = /** @type {const} */ (['sliding', 'fixed']).map(counting => ({
  counting,
  kind: 'bucket',
  delay: [5, 40],
  bound: 'requests',
  stream: true,
}));

/** Units in a window. */
export const limits = { requests: 30, tokens: 6000 };
/** Windows are so many times the longest delay (before and after counting). */
const windowsPerDelay = 50;
/** Length of the measurement, in windows. */
export const windowsMeasured = 3.25;

/** ms @param {Pick<Cell, 'delay'>} cell */
export function windowOf({ delay }) {
  return delay[1] * 2 * windowsPerDelay;
}

/** Units that a window of this kind allows while it is measured. @param {Pick<Cell, 'kind' | 'bound'>} cell */
export function allowed({ kind, bound }) {
  const times = 1 + (kind === 'bucket' ? windowsMeasured : Math.floor(windowsMeasured));
  return times * limits[bound];
}

/** Prompts have `prompt` tokens by four characters a token, and a cap: what a request takes. @param {Cell['bound']} bound @param {number} index */
export function requestOf(bound, index) {
  // 100 to 900 tokens, in an order that repeats only after long.
  const tokens = bound === 'requests' ? 60 : 100 + ((index * 7919) % 801);
  return { prompt: 'abc '.repeat(50), cap: tokens - 50 };
}

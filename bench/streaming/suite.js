import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { answer } from '../inputs.js';
import { measure, median, ratio, spawnNode } from '../measure.js';
import { atLeast, bounded, table } from '../table.js';
import { names } from './clients.js';

/** @typedef {import('../child.js').Measured} Measured */

/** Warmed up until V8 has compiled all of it: the way of a request takes some 8,000 of them, that of a chunk some 30,000. */
const shapes = [
  { name: 'one long stream', chunks: 10_000, requests: 1, atOnce: 1, warmups: 8 },
  { name: '100 at once', chunks: 200, requests: 100, atOnce: 100, warmups: 80 },
  { name: 'many small', chunks: 10, requests: 400, atOnce: 20, warmups: 20 },
];
/** What V8 makes of the same code, and when, differs from process to process. */
const processes = 3;
/**
 * How many times the floor a streamed chunk costs at most, and how many times ours with others at the least; how many ms the first token of
 * 99 in 100 comes later.
 */
const bounds = { chunk: 1, others: 5, added: 1 };

const times = (/** @type {number} */ value) => `× ${value.toFixed(2)}`;
const ms = (/** @type {number} */ value) => `${value.toFixed(2)} ms`;
const file = (/** @type {string} */ name) => new URL(name, import.meta.url);
const head = ['', 'floor: undici + JSON.parse', ...names.slice(1)];

/** @param {string} [only] what has this in its name */
export async function* streaming(only = '') {
  const chosen = shapes.filter(({ name }) => name.includes(only));
  if (chosen.length > 0) yield await reading(chosen);
  if ('open at a time'.includes(only)) yield await open();
}

/** @param {typeof shapes} chosen */
async function reading(chosen) {
  const rows = [];
  for (const { name, chunks, requests, atOnce, warmups } of chosen) {
    const results = await withServer([chunks], async origin => {
      const contenders = contendersOf(requests, [origin, atOnce]);
      /** @type {Measured[][]} */
      const all = names.map(() => []);
      for (let process = 0; process < processes; process++) {
        const plan = { file: file('reading.js'), contenders, warmups, rounds: 9, alike: ['chunks', 'characters'] };
        for (const [index, rounds] of (await measure(plan)).entries()) all[index]?.push(...rounds);
      }
      return all;
    });
    checkAll(results[0]?.[0], answer(chunks), requests);
    const [floor = [], ours = [], ...others] = results.map(rounds =>
      rounds.map(({ cpuMs, chunks }) => (Number(cpuMs) * 1000) / Number(chunks)),
    );
    rows.push([
      `${name} (${requests} × ${chunks} chunks)`,
      ms(median(floor)),
      bounded(ratio(ours, floor), bounds.chunk, times),
      ...others.map(other => {
        const { text, over } = atLeast(ratio(other, ours), bounds.others, times);
        return { text: `${times(ratio(other, floor))}, of rx-groq ${text}`, over };
      }),
    ]);
  }
  return table('Streaming: CPU of the client per 1,000 chunks', head, rows);
}

/** Streams that are open for a while, as they come from a model: a chunk each 10 ms. */
async function open() {
  const atOnce = 100;
  const [chunks, every] = [50, 10];
  /** Of each of the others with the floor: [floor, other]. @type {Measured[][][]} */
  const pairs = [];
  for (const name of names.slice(1)) {
    // Two by two, as who has to wait long for his turn is idle: then V8 makes the young space of some smaller, and their pauses shorter, but not
    // of who makes little garbage.
    const pair = await withServer([chunks, 2, every], origin =>
      measure({
        file: file('firstToken.js'),
        contenders: contendersOf(500, [origin, atOnce, chunks * every], ['floor', name]),
        warmups: 4, // V8 compiles on the side, which is the same one processor here; all are given the same time for it
        rounds: 7,
        alike: ['chunks'],
      }),
    );
    pairs.push(pair);
  }
  const held = await withServer([chunks, 20, 0], origin =>
    measure({ file: file('open.js'), contenders: contendersOf(300, [origin, 20]), rounds: 3, fresh: true }),
  );
  const [floorHeld = [], ...bytesHeld] = valuesOf(held, 'bytes');
  const kB = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const added = pairs.map(pair => {
    const [floor = [], theirs = []] = valuesOf(pair, 'p99');
    return median(theirs.map((time, round) => time - Number(floor[round])));
  });
  return table(`Streaming: ${atOnce} open at a time, each with a chunk every ${every} ms`, head, [
    compare(
      'time to first token, median',
      pairs.map(pair => valuesOf(pair, 'median')),
      ms,
    ),
    compare(
      'time to first token, 99th percentile',
      pairs.map(pair => valuesOf(pair, 'p99')),
      ms,
    ),
    ['added to the 99th percentile', '–', bounded(Number(added[0]), bounds.added, ms), ...added.slice(1).map(ms)],
    compare(
      'memory of one open stream',
      bytesHeld.map(other => [floorHeld, other]),
      kB,
    ),
  ]);
}

/**
 * @param {string} name
 * @param {readonly (readonly (readonly number[])[])[]} pairs of each of the others: [floor, other]
 * @param {(value: number) => string} format
 */
function compare(name, pairs, format) {
  return [
    name,
    format(median(pairs[0]?.[0] ?? [])),
    ...pairs.map(([floor = [], other = []]) => `${times(ratio(other, floor))} (${format(median(other))})`),
  ];
}

/**
 * @param {readonly (readonly Measured[])[]} results
 * @param {string} name
 */
function valuesOf(results, name) {
  return results.map(rounds => rounds.map(measured => Number(measured[name])));
}

/**
 * @param {number} size
 * @param {readonly (string | number)[]} args
 * @param {readonly string[]} [chosen]
 */
function contendersOf(size, args, chosen = names) {
  return chosen.map(name => ({ name, size, args: args.map(String) }));
}

/**
 * @param {Measured | undefined} read
 * @param {import('../inputs.js').Answer} sent
 * @param {number} requests
 */
function checkAll(read, sent, requests) {
  if (read?.chunks !== requests * sent.chunks || read.characters !== requests * sent.characters)
    throw new Error(`the floor has read ${JSON.stringify(read)} of ${requests} times ${sent.chunks} chunks`);
}

/**
 * @template T
 * @param {readonly number[]} args
 * @param {(origin: string) => Promise<T>} work
 */
async function withServer(args, work) {
  const server = spawnNode(fileURLToPath(file('server.js')), args.map(String));
  try {
    const [port] = await once(server, 'message');
    return await work(`http://127.0.0.1:${port}`);
  } finally {
    server.disconnect();
  }
}

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { answer } from '../inputs.js';
import { measure, median, ratio, spawnNode } from '../measure.js';
import { bounded, compared, table } from '../table.js';

const file = new URL('subjects.js', import.meta.url);
const names = ['floor', 'rx-groq', 'groq-sdk', 'openai'];
/** Warmed up until V8 has compiled all of it: the way of a request takes some 8,000 of them, that of a chunk some 30,000. */
const shapes = [
  { name: 'one long stream', chunks: 10_000, requests: 1, atOnce: 1, warmups: 8 },
  { name: '100 at once', chunks: 200, requests: 100, atOnce: 100, warmups: 80 },
  { name: 'many small', chunks: 10, requests: 400, atOnce: 20, warmups: 20 },
];
/** What V8 makes of the same code, and when, differs from process to process. */
const processes = 3;
const rounds = 9;
/** A streamed chunk costs at most so many times the floor. */
const bound = 1.25;

export async function* streaming() {
  const rows = [];
  for (const shape of shapes) {
    const results = await measureShape(shape);
    const perThousand = results.map(rounds =>
      rounds.map(({ cpuMs, chunks }) => (Number(cpuMs) * 1000) / Number(chunks)),
    );
    const [floor = [], ours = [], ...others] = perThousand;
    rows.push([
      `${shape.name} (${shape.requests} × ${shape.chunks} chunks)`,
      `${median(floor).toFixed(2)} ms`,
      bounded(ratio(ours, floor), bound, value => `× ${value.toFixed(2)}`),
      ...others.map(other => compared(ratio(other, floor), value => `× ${value.toFixed(2)}`)),
    ]);
  }
  yield table(
    'Streaming: CPU of the client per 1,000 chunks',
    ['', 'floor: undici + JSON.parse', 'rx-groq', 'groq-sdk', 'openai'],
    rows,
  );
}

/** @param {(typeof shapes)[number]} shape */
async function measureShape({ chunks, requests, atOnce, warmups }) {
  const server = spawnNode(fileURLToPath(new URL('server.js', import.meta.url)), [String(chunks)]);
  const [port] = await once(server, 'message');
  try {
    const args = [`http://127.0.0.1:${port}`, String(atOnce)];
    /** @type {import('../child.js').Measured[][]} */
    const results = names.map(() => []);
    for (let process = 0; process < processes; process++) {
      const measured = await measure({
        file,
        contenders: names.map(name => ({ name, size: requests, args })),
        warmups,
        rounds,
        alike: ['chunks', 'characters'],
      });
      for (const [index, rows] of measured.entries()) results[index]?.push(...rows);
    }
    const sent = answer(chunks);
    const read = results[0]?.[0];
    if (read?.chunks !== requests * sent.chunks || read.characters !== requests * sent.characters)
      throw new Error(`the floor has read ${JSON.stringify(read)} of ${requests} times ${sent.chunks} chunks`);
    return results;
  } finally {
    server.disconnect();
  }
}

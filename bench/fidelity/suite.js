import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { table } from '../table.js';
import { allowed, cells, misfits, windowOf, windowsMeasured } from './cells.js';
import { bottleneck, openaiRetries, pQueue, rxGroq } from './subjects.js';
import { waitCells, waitsOf, waitsTable } from './waits.js';

/** @typedef {(typeof contenders)[number]} Contender */

/** A share of what the window allows that must be used. */
const share = 0.97;

const contenders = [
  ...cells.map(cell => ({ name: 'rx-groq', subject: rxGroq, cell })),
  ...misfits.map(cell => ({ name: 'rx-groq, wrong kind', subject: rxGroq, cell })),
  ...cells
    .filter(
      ({ delay, bound, stream, kind }) => delay[1] === 40 && bound === 'requests' && !stream && kind === 'sliding',
    )
    .flatMap(cell => [
      { name: 'p-queue', subject: pQueue, cell },
      { name: 'bottleneck', subject: bottleneck, cell },
      { name: 'openai retries', subject: openaiRetries, cell },
    ]),
];

export async function* fidelity() {
  const servers = fork(fileURLToPath(new URL('servers.js', import.meta.url)));
  try {
    servers.send({ cells: contenders.map(({ cell }) => cell) });
    const [urls] = await once(servers, 'message');
    // Each against its own server, a few at a time where delays are short, lest the machine's own be measured; the first turn is for V8.
    await run(contenders.slice(0, 4), urls, 1);
    servers.send({ cells: contenders.map(({ cell }) => cell) });
    const [fresh] = await once(servers, 'message');
    for (const group of groups(contenders)) await run(group, fresh, windowsMeasured + 0.5);
    servers.send({});
    const [logs] = await once(servers, 'message');
    yield table(
      `Fidelity: share of the quota used in ${windowsMeasured} windows' time, and refusals`,
      ['', 'server counts', 'window', 'bound by', 'delays (ms)', 'answers', 'used', 'of a bucket', 'refused'],
      contenders.map((contender, index) => row(contender, logs[index])),
    );
    servers.send({ cells: waitCells });
    const [waitUrls] = await once(servers, 'message');
    const waits = await Promise.all(waitCells.map((cell, index) => waitsOf(waitUrls[index], cell)));
    servers.send({});
    const [waitLogs] = await once(servers, 'message');
    yield waitsTable(waits, waitLogs);
  } finally {
    servers.disconnect();
  }
}

/**
 * Lets contenders send for so many of their windows.
 * @param {readonly Contender[]} group
 * @param {readonly string[]} urls of all contenders
 * @param {number} windows
 */
async function run(group, urls, windows) {
  await Promise.all(
    group.map(async contender => {
      const { subject, cell } = contender;
      const stop = subject(/** @type {string} */ (urls[contenders.indexOf(contender)]), cell);
      await wait(windowOf(cell) * windows);
      stop();
    }),
  );
}

/** Those with long delays all at once; the others six at a time. @param {readonly Contender[]} all */
function groups(all) {
  const quick = all.filter(({ cell }) => cell.delay[1] < 100);
  const sixes = Array.from({ length: Math.ceil(quick.length / 6) }, (_, index) =>
    quick.slice(index * 6, index * 6 + 6),
  );
  return [...sixes, all.filter(contender => !quick.includes(contender))];
}

/**
 * @param {(typeof contenders)[number]} contender
 * @param {{ counted: number | null, tokens: number, refused: boolean }[]} log
 */
function row({ name, cell }, log) {
  const admitted = log.filter(({ counted, refused }) => counted !== null && !refused);
  const begin = Math.min(...admitted.map(({ counted }) => Number(counted)));
  const end = begin + windowsMeasured * windowOf(cell);
  const inTime = admitted.filter(({ counted }) => Number(counted) <= end);
  const units = inTime.reduce((sum, { tokens }) => sum + (cell.bound === 'requests' ? 1 : tokens), 0);
  const used = units / allowed(cell);
  const refused = log.filter(entry => entry.refused).length;
  const promised = name === 'rx-groq';
  const percent = `${(used * 100).toFixed(1)} %`;
  return [
    name,
    cell.counting,
    cell.kind,
    cell.bound,
    cell.delay.join('–'),
    cell.stream ? 'streamed' : 'whole',
    promised ? { text: `**${percent}** ${used >= share ? '✓' : '✗ UNDER 97 %'}`, over: used < share } : percent,
    cell.counting === 'bucket' ? `${((100 * units) / allowed({ ...cell, kind: 'bucket' })).toFixed(1)} %` : '–',
    promised ? { text: `**${refused}** ${refused === 0 ? '✓' : '✗ OVER'}`, over: refused > 0 } : String(refused),
  ];
}

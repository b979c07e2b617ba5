import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { table } from '../table.js';
import { allowed, cells, misfits, windowOf, windowsMeasured } from './cells.js';
import { bottleneck, openaiRetries, pQueue, rxGroq } from './subjects.js';

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
    // All at once, each against its own server: what is measured are limits, not the machine.
    await Promise.all(
      contenders.map(async ({ subject, cell }, index) => {
        const stop = subject(urls[index], cell);
        await wait(windowOf(cell) * (windowsMeasured + 0.5));
        stop();
      }),
    );
    servers.send({});
    const [logs] = await once(servers, 'message');
    yield table(
      `Fidelity: share of the quota used in ${windowsMeasured} windows' time, and refusals`,
      ['', 'server counts', 'window', 'bound by', 'delays (ms)', 'answers', 'used', 'of a bucket', 'refused'],
      contenders.map((contender, index) => row(contender, logs[index])),
    );
  } finally {
    servers.disconnect();
  }
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

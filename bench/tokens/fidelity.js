import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createChatClient } from '../../dist/index.js';
import { table } from '../table.js';
import { corpus } from './corpus.js';
import { limit, loads, template, windowMs, windowsMeasured } from './loads.js';

/** Answers that teach before it is judged. */
const lessons = 10;
/** A share of what the window allows that must be used. */
const share = 0.97;

/** The real estimator before servers that count otherwise. */
export async function fidelityOfTokens() {
  const servers = fork(fileURLToPath(new URL('servers.js', import.meta.url)));
  try {
    const [urls] = await once(servers, 'message');
    await Promise.all(loads.map((load, index) => run(/** @type {string[]} */ (urls)[index] ?? '', load)));
    servers.send('logs');
    const [logs] = await once(servers, 'message');
    return table(
      `Fidelity of the real estimator before a server whose template has ${template} tokens more: ${windowsMeasured} windows after ${lessons} answers, and before`,
      ['model', 'its tokens', 'unused reservations', 'used', 'refused', `refused before ${lessons} answers`],
      loads.map((load, index) => row(load, /** @type {never} */ (logs[index]))),
    );
  } finally {
    servers.disconnect();
  }
}

/** More than can go while it is measured. @param {string} url @param {import('./loads.js').Load} load */
async function run(url, { model, refund }) {
  const texts = corpus().find(({ kind }) => kind === 'English')?.texts ?? [];
  const windows = [{ limit, per: windowMs, unit: 'tokens', kind: /** @type {const} */ ('bucket') }];
  const client = createChatClient(
    { [model]: { base_url: url, api_key: 'bench', dialect: 'groq', windows, refund: refund ? 'usage' : 'learn' } },
    { maxFlight: 60_000 },
  );
  for (let index = 0; index < 600; index++) {
    const content = `${index}. ${texts[(index * 7) % texts.length]}`;
    const max_completion_tokens = 40 + ((index * 37) % 120);
    client
      .complete({ model, messages: [{ role: 'user', content }], max_completion_tokens })
      .subscribe({ error: () => {} });
  }
  await wait(windowMs * (windowsMeasured + 2));
  await new Promise(resolve => client.close().subscribe({ complete: () => resolve(undefined) }));
}

/** @param {import('./loads.js').Load} load @param {readonly import('../../dist/simulator/index.js').SimulatedRequest[]} log */
function row({ model, factor, refund }, log) {
  const ends = log.flatMap(({ end, outcome }) => (outcome === 'completed' && end !== null ? [end] : []));
  const begin = ends.sort((one, other) => one - other)[lessons - 1] ?? Number.NaN;
  const end = begin + windowsMeasured * windowMs;
  const within = log.filter(({ counted }) => counted !== null && counted > begin && counted <= end);
  const units = within
    .filter(({ refusedBy }) => refusedBy === null)
    .reduce((sum, { requested, used, outcome }) => {
      const { input, output } = refund && outcome === 'completed' ? used : requested;
      return sum + input + output;
    }, 0);
  const used = units / (windowsMeasured * limit);
  // Sent with what has been learnt, or before.
  const refused = log.filter(({ refusedBy }) => refusedBy !== null);
  const late = refused.filter(({ arrival }) => arrival > begin).length;
  return [
    model,
    `× ${factor}`,
    refund ? 'given back' : 'kept',
    { text: `**${(used * 100).toFixed(1)} %** ${used >= share ? '✓' : '✗ UNDER 97 %'}`, over: !(used >= share) },
    { text: `**${late}** ${late === 0 ? '✓' : '✗ OVER'}`, over: late > 0 },
    String(refused.length - late),
  ];
}

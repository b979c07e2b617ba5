/** Those who send: each gets an address and sends what `requestOf` says for as long as it is let. */

import Bottleneck from 'bottleneck';
import OpenAI from 'openai';
import PQueue from 'p-queue';
import { createChatClient } from '../../dist/index.js';
import { allowed, limits, requestOf, windowOf } from './cells.js';

const model = 'openai/gpt-oss-20b';

/**
 * Begins to send; answers how to stop.
 * @typedef {(url: string, cell: import('./cells.js').Cell) => () => unknown} Subject
 */

/** One window, of the cell's kind. @param {string} url @param {Pick<import('./cells.js').Cell, 'bound' | 'kind' | 'delay'>} cell */
export function configOf(url, cell) {
  const { bound, kind } = cell;
  return {
    [model]: {
      base_url: url,
      api_key: 'bench',
      dialect: /** @type {const} */ ('groq'),
      windows: [{ limit: limits[bound], per: windowOf(cell), unit: bound, kind }],
    },
  };
}

/** As the simulators count. @param {{ messages: readonly { content?: unknown }[] }} prompt */
export function tokenCounter({ messages }) {
  return messages.reduce((sum, { content }) => sum + Math.ceil(String(content).length / 4), 0);
}

/** @type {Subject} */
export function rxGroq(url, cell) {
  const { bound, stream } = cell;
  const client = createChatClient(configOf(url, cell), { tokenCounter, maxFlight: 60_000 });
  for (let index = 0; index < enough(cell); index++) {
    client.complete({ ...bodyOf(bound, index), stream }).subscribe({ error: () => {} });
  }
  return () => client.close().subscribe();
}

/** @type {Subject} */
export function pQueue(url, cell) {
  const queue = new PQueue({ interval: windowOf(cell), intervalCap: limits[cell.bound] });
  return each(url, cell, send => void queue.add(send));
}

/** @type {Subject} */
export function bottleneck(url, cell) {
  const limit = limits[cell.bound];
  const limiter = new Bottleneck({
    reservoir: limit,
    reservoirRefreshAmount: limit,
    reservoirRefreshInterval: windowOf(cell),
  });
  return each(url, cell, send => void limiter.schedule(send));
}

/** No limiter, but the retries of OpenAI's own SDK. @type {Subject} */
export function openaiRetries(url, cell) {
  const control = new AbortController();
  const openai = new OpenAI({ baseURL: url, apiKey: 'bench', maxRetries: 10 });
  for (let index = 0; index < enough(cell); index++) {
    openai.chat.completions
      .create(/** @type {never} */ (bodyOf(cell.bound, index)), { signal: control.signal })
      .catch(() => {});
  }
  return () => control.abort();
}

/** @param {string} url @param {import('./cells.js').Cell} cell @param {(send: () => Promise<void>) => void} schedule */
function each(url, cell, schedule) {
  const control = new AbortController();
  for (let index = 0; index < enough(cell); index++) {
    schedule(async () => {
      try {
        const response = await fetch(`${url}/chat/completions`, {
          method: 'POST',
          headers: { authorization: 'Bearer bench', 'content-type': 'application/json' },
          body: JSON.stringify(bodyOf(cell.bound, index)),
          signal: control.signal,
        });
        await response.text();
      } catch {
        // stopped
      }
    });
  }
  return () => control.abort();
}

/** More than can go while it is measured. @param {import('./cells.js').Cell} cell */
function enough(cell) {
  return cell.bound === 'requests' ? allowed(cell) + 60 : 150;
}

/** @param {import('./cells.js').Cell['bound']} bound @param {number} index */
export function bodyOf(bound, index) {
  const { prompt, cap } = requestOf(bound, index);
  return { model, messages: [{ role: /** @type {const} */ ('user'), content: prompt }], max_completion_tokens: cap };
}

/**
 * Clients that ask a question and read the streamed answer to its end, each in the way of its own documentation.
 * @typedef {{ chunks: number, characters: number }} Read
 * @typedef {(index: number) => Promise<Read>} Ask
 * @typedef {{ choices: readonly { delta?: { content?: string | null } }[] }} Chunk
 */

import { chatRequest } from '../inputs.js';
import { cpuOf } from '../measure.js';

/** @type {Record<string, (origin: string) => Promise<Ask>>} */
const clients = {
  /** The floor: read the bytes, cut them at blank lines, parse what stands between. */
  async floor(origin) {
    const { Agent, request } = await import('undici');
    const dispatcher = new Agent();
    return async index => {
      const { body } = await request(`${origin}/v1/chat/completions`, {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer gsk_bench' },
        body: JSON.stringify({ ...chatRequest(index), stream: true }),
      });
      const read = { chunks: 0, characters: 0 };
      const decoder = new TextDecoder();
      let rest = '';
      for await (const bytes of body) {
        const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
        rest = /** @type {string} */ (events.pop());
        for (const event of events) {
          if (event !== 'data: [DONE]') count(read, JSON.parse(event.slice('data: '.length)));
        }
      }
      return read;
    };
  },

  async 'rx-groq'(origin) {
    const { createChatClient } = await import('../../dist/index.js');
    const client = createChatClient({
      '*': { base_url: `${origin}/v1`, api_key: 'gsk_bench', dialect: 'groq', req_per_minute: 1e9, req_per_day: 1e9 },
    });
    return index =>
      new Promise((resolve, reject) => {
        const read = { chunks: 0, characters: 0 };
        client.stream(chatRequest(index)).subscribe({
          next: chunk => count(read, chunk),
          error: reject,
          complete: () => resolve(read),
        });
      });
  },

  async 'groq-sdk'(origin) {
    const { default: Groq } = await import('groq-sdk');
    return sdk(new Groq({ apiKey: 'gsk_bench', baseURL: origin }));
  },

  async openai(origin) {
    const { default: OpenAI } = await import('openai');
    return sdk(new OpenAI({ apiKey: 'gsk_bench', baseURL: `${origin}/v1` }));
  },
};

/** @type {Record<string, import('../child.js').MakeSubject>} */
export const subjects = Object.fromEntries(
  Object.entries(clients).map(([name, connect]) => [
    name,
    async (size, origin, atOnce) => {
      const ask = await connect(/** @type {string} */ (origin));
      return () => read(ask, size, Number(atOnce));
    },
  ]),
);

/**
 * Asks `size` questions, `atOnce` of them at a time.
 * @param {Ask} ask
 * @param {number} size
 * @param {number} atOnce
 */
async function read(ask, size, atOnce) {
  const total = { chunks: 0, characters: 0 };
  let next = 0;
  const reader = async () => {
    while (next < size) {
      const { chunks, characters } = await ask(next++);
      total.chunks += chunks;
      total.characters += characters;
    }
  };
  const cpuMs = await cpuOf(() => Promise.all(Array.from({ length: atOnce }, reader)));
  return { cpuMs, ...total };
}

/**
 * @param {{ chat: { completions: { create(body: never): PromiseLike<AsyncIterable<Chunk>> } } }} client
 * @returns {Ask}
 */
function sdk(client) {
  return async index => {
    const read = { chunks: 0, characters: 0 };
    const body = /** @type {never} */ ({ ...chatRequest(index), stream: true });
    for await (const chunk of await client.chat.completions.create(body)) count(read, chunk);
    return read;
  };
}

/**
 * @param {Read} read
 * @param {Chunk} chunk
 */
function count(read, chunk) {
  read.chunks++;
  read.characters += chunk.choices[0]?.delta?.content?.length ?? 0;
}

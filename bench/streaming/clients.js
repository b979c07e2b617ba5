/**
 * Clients that ask a question and read the streamed answer to its end, each in the way of its own documentation.
 * @typedef {{ choices: readonly { delta?: { content?: string | null } }[] }} Chunk
 * @typedef {(chunk: Chunk) => void} Heard
 * @typedef {(index: number, heard: Heard) => Promise<void>} Ask
 */

import { chatRequest } from '../inputs.js';

/** @type {Readonly<Record<string, (origin: string) => Promise<Ask>>>} */
export const clients = {
  /** The floor: read the bytes, cut them at blank lines, parse what stands between. */
  async floor(origin) {
    const { Agent, request } = await import('undici');
    const dispatcher = new Agent();
    return async (index, heard) => {
      const { body } = await request(`${origin}/v1/chat/completions`, {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer gsk_bench' },
        body: JSON.stringify({ ...chatRequest(index), stream: true }),
      });
      const decoder = new TextDecoder();
      let rest = '';
      for await (const bytes of body) {
        const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
        rest = /** @type {string} */ (events.pop());
        for (const event of events) {
          if (event !== 'data: [DONE]') heard(JSON.parse(event.slice('data: '.length)));
        }
      }
    };
  },

  async 'rx-groq'(origin) {
    const { createChatClient } = await import('../../dist/index.js');
    const client = createChatClient({
      '*': { base_url: `${origin}/v1`, api_key: 'gsk_bench', dialect: 'groq', req_per_minute: 1e9, req_per_day: 1e9 },
    });
    return (index, heard) =>
      new Promise((resolve, reject) => {
        client.stream(chatRequest(index)).subscribe({ next: heard, error: reject, complete: resolve });
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

export const names = Object.keys(clients);

/**
 * @param {{ chat: { completions: { create(body: never): PromiseLike<AsyncIterable<Chunk>> } } }} client
 * @returns {Ask}
 */
function sdk(client) {
  return async (index, heard) => {
    const body = /** @type {never} */ ({ ...chatRequest(index), stream: true });
    for await (const chunk of await client.chat.completions.create(body)) heard(chunk);
  };
}

/**
 * A subject of each client: `measure` has it ask as it likes.
 * @param {(ask: Ask, size: number, ...args: number[]) => Promise<import('../child.js').Measured>} measure
 * @returns {Record<string, import('../child.js').MakeSubject>}
 */
export function subjectsOf(measure) {
  return Object.fromEntries(
    Object.entries(clients).map(([name, connect]) => [
      name,
      async (size, origin, ...args) => {
        const ask = await connect(/** @type {string} */ (origin));
        return () => measure(ask, size, ...args.map(Number));
      },
    ]),
  );
}

/** @param {Chunk} chunk */
export function charactersIn(chunk) {
  return chunk.choices[0]?.delta?.content?.length ?? 0;
}

/**
 * Asks `size` questions, `atOnce` of them at a time.
 * @param {number} size
 * @param {number} atOnce
 * @param {(index: number) => Promise<void>} ask
 * @param {(reader: number) => Promise<void>} [begin] what each of those at a time waits for before its first
 */
export async function askAll(size, atOnce, ask, begin) {
  let next = 0;
  const reader = async (/** @type {unknown} */ _, /** @type {number} */ number) => {
    await begin?.(number);
    while (next < size) await ask(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, reader));
}

import { type ChatClient, type ChatClientOptions, createChatClient } from '../client/index.js';
import type { ConfigSource } from '../config/index.js';
import { isChatError } from '../errors/index.js';
import { chatRequestOf, relay, replyOf } from '../relay/index.js';
import { addressOf, hasKey } from './addressOf.js';
import { answerOf, jsonResponse } from './answerOf.js';

/** The request header with a priority from 1 to 10; it is taken out. */
const priorityHeader = 'x-rx-priority';

/**
 * The pacer as a `fetch`, for everybody who keeps their SDK: chat completions stand in the client's lines and go under its windows, by
 * the priority in their header `x-rx-priority`; all else passes as it is.
 *
 * ```ts
 * const openai = new OpenAI({ baseURL, apiKey, fetch: pacedFetch(client) });
 * ```
 * - It goes where the SDK sends it. The configuration's key takes the place of the SDK's if that is the `base_url` of the model's entry, and
 *   goes nowhere else; without one, the SDK's own key is sent.
 * - A 429 waits and goes again in its own place, so that the SDK sees none (but for one beyond `maxRefusals` or `maxWait`). Every other
 *   error passes as the server's own response, for the SDK to deal with.
 * - Bytes pass as they come; the usage in them settles what was reserved. Only a chunk of usage that nobody but the pacer has asked for is
 *   held back.
 * - An answer that breaks off is an error of its body, not a short answer.
 *
 * **Gotchas** The wait in line counts for the SDK's own timeout: raise it.
 *
 * @param source a client, or the configuration of one to be made with `options`
 * @throws ConfigError for a configuration that can't be used
 */
export function pacedFetch(source?: ChatClient | ConfigSource, options?: ChatClientOptions): typeof globalThis.fetch {
  const client = isClient(source) ? source : createChatClient(source, options);
  return async (input, init) => {
    const request = new Request(input, init);
    const priority = request.headers.get(priorityHeader);
    request.headers.delete(priorityHeader);
    if (request.method !== 'POST' || !/\/chat\/completions\/?$/.test(new URL(request.url).pathname)) {
      return globalThis.fetch(request);
    }
    const text = await request.text();
    try {
      const chat = chatRequestOf(text, { header: priorityHeader, value: priority });
      const address = addressOf(request);
      // The SDK's own signal: one that follows it may be collected before it has told.
      return await answerOf(
        relay(client, chat, { address, keyed: hasKey(request), retries: false }),
        init?.signal ?? request.signal,
      );
    } catch (error) {
      if (!isChatError(error)) throw error;
      // As the global fetch has it: there was no response.
      if (isOfNetwork(error.kind)) throw new TypeError('fetch failed', { cause: error });
      const { status, body, headers } = replyOf(error);
      return jsonResponse(status, body, headers);
    }
  };
}

function isClient(source: ChatClient | ConfigSource | undefined): source is ChatClient {
  return typeof source === 'object' && typeof (source as Partial<ChatClient>).stream === 'function';
}

function isOfNetwork(kind: string): boolean {
  return ['connection', 'stream_timeout', 'stream_broken', 'closed'].includes(kind);
}

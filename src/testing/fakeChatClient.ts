import { type ChatClient, type ChatClientOptions, createChatClient } from '../client/index.js';
import type { ConfigSource } from '../config/index.js';
import type { Countable } from '../estimate/index.js';
import { type FakeAnswer, type MarbleTransportOptions, marbleTransport } from './marbleTransport.js';

export interface FakeChatClientOptions extends Omit<ChatClientOptions, 'transport'>, MarbleTransportOptions {
  /** What the server answers; see `marbleTransport`. */
  readonly answer: FakeAnswer;
  /** @default every model, without limits */
  readonly config?: ConfigSource;
}

/**
 * The whole client with a network made of Observables, for tests in virtual time: nothing of it is asynchronous but the answers.
 *
 * ```ts
 * new TestScheduler((a, b) => expect(a).toEqual(b)).run(({ cold, expectObservable }) => {
 *   const client = fakeChatClient({ answer: () => cold('--a-b|') });
 *   const text$ = client.stream({ model: 'any', messages: [{ role: 'user', content: 'Hello' }] }).pipe(contentDeltas());
 *   expectObservable(text$).toBe('--a-b|');
 * });
 * ```
 * A prompt has a token for every 4 characters, rounded up, unless `tokenCounter` says otherwise.
 */
export function fakeChatClient({ answer, config, head, ...options }: FakeChatClientOptions): ChatClient {
  const transport = marbleTransport(answer, {
    ...(head !== undefined && { head }),
    ...(options.scheduler && { scheduler: options.scheduler }),
  });
  const defaults: ChatClientOptions = { tokenCounter: fourCharactersAToken, dangerouslyAllowBrowser: true };
  return createChatClient(config ?? anyModel, { ...defaults, ...options, transport });
}

const anyModel = { '*': { base_url: 'http://fake.invalid/v1', api_key: 'fake' } };

function fourCharactersAToken({ messages }: Countable): number {
  return messages.reduce((sum, { content }) => sum + Math.ceil(textOf(content).length / 4), 0);
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

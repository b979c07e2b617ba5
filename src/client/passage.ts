import { defer, type Observable } from 'rxjs';
import type { ChatRequest } from '../request/index.js';
import type { QueuePlace, Transport } from '../transport/index.js';
import { ask } from './ask.js';
import type { ChatClient } from './ChatClient.js';
import { Call } from './call.js';
import type { Answer } from './conversation.js';
import type { Core } from './core.js';

/** Somebody else's HTTP exchange that goes through a client: its pace is ours, its bytes are theirs. */
export interface Passage {
  /** Stands between the client and its transport, at every attempt. */
  readonly transport: (send: Transport) => Transport;
  /** The answer's head has been handed on, so that it can't be asked for again. */
  readonly begun: boolean;
  /** It brings its own key, where the model's entry has none. */
  readonly keyed: boolean;
  /** Faults of the moment are sent again; otherwise that is left to whoever asks. */
  readonly retries: boolean;
  /** It stands in line: `place` tells where, for as long as it does. */
  standing(place: () => QueuePlace | undefined): void;
}

const cores = new WeakMap<ChatClient, Core>();

/** Lets `passThrough` in. */
export function admitPassages(client: ChatClient, core: Core): ChatClient {
  cores.set(client, core);
  return client;
}

/**
 * Asks as the client's own methods do, in the same line and under the same windows; for `rx-groq/fetch` and `rx-groq/gateway` alone.
 * @throws TypeError for a client that is none of `createChatClient`'s
 */
export function passThrough(client: ChatClient, request: ChatRequest, passage: Passage): Observable<Answer> {
  const core = cores.get(client);
  if (!core) throw new TypeError('client: expected one made by createChatClient()');
  return defer(() => {
    const call = new Call(core, request, request.stream !== true);
    call.passage = passage;
    if (!passage.retries) call.tries = { retries: Number.POSITIVE_INFINITY, refusals: 0 };
    return ask(core, call);
  });
}

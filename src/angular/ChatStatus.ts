import type { ChatFailure } from '../errors/index.js';
import type { ChatCompletion } from '../request/index.js';

/** How far the answer is. */
export type ChatStatus =
  | { readonly state: 'idle' }
  /** In line, as `client.watch` tells it; `position` is null until the request stands there. */
  | {
      readonly state: 'queued';
      readonly position: number | null;
      readonly etaMs: number | null;
      readonly waitingFor: string;
    }
  | { readonly state: 'sent' }
  | { readonly state: 'streaming' }
  | { readonly state: 'done'; readonly completion: ChatCompletion }
  /** By `stop`. */
  | { readonly state: 'stopped' }
  | { readonly state: 'error'; readonly error: ChatFailure };

export const idle: ChatStatus = { state: 'idle' };
export const entering: ChatStatus = { state: 'queued', position: null, etaMs: null, waitingFor: 'its turn' };
export const streaming: ChatStatus = { state: 'streaming' };
export const stopped: ChatStatus = { state: 'stopped' };

/** An answer is waited for, or coming in. */
export function isBusy({ state }: ChatStatus): boolean {
  return state === 'queued' || state === 'sent' || state === 'streaming';
}

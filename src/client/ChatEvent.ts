import type { ChatFailure, ConfigError } from '../errors/index.js';
import type { ModelLimits, WindowChange } from '../limits/index.js';
import type { QuotaNotice } from '../pacing/index.js';
import type { ChatRequest, Usage } from '../request/index.js';
import type { ChatTiming } from './ChatClient.js';

interface OfRequest {
  /** The library's id of the request, the same in all its events and in `error.requestId`. */
  readonly id: string;
  /** The request as it was given: the same object. */
  readonly request: ChatRequest;
  /** The model that has it now: the request's own, or one of its fallbacks. */
  readonly model: string;
  /** ms of the client's clock */
  readonly at: number;
}

/** Something happened to a request; tell by `type`. Each request has one `queued` and one of `completed`, `failed`, `cancelled`. */
export type ChatEvent =
  /** Stands in line. */
  | (OfRequest & { readonly type: 'queued' })
  /** May be sent; `queuedMs` = how long it has waited so far. */
  | (OfRequest & { readonly type: 'admitted'; readonly queuedMs: number })
  /** It is sent with the cap `to` in place of its own, `from`, for the windows' sake. See the option `fitOutput`. */
  | (OfRequest & { readonly type: 'output_fitted'; readonly from: number; readonly to: number })
  /** Handed to the transport; `attempt` counts from 1. */
  | (OfRequest & { readonly type: 'sent'; readonly attempt: number })
  /** The response's head has come. */
  | (OfRequest & { readonly type: 'head'; readonly status: number })
  /** The first content has come. */
  | (OfRequest & { readonly type: 'first_token'; readonly firstTokenMs: number })
  /** The server refused it with 429: everybody in its line waits; it is back in its own place. */
  | (OfRequest & { readonly type: 'refused'; readonly retryAfterMs: number; readonly error: ChatFailure })
  /** A fault of the moment, or (with `fitOutput`) a cap that a window can never hold: it is sent again after `waitMs`. */
  | (OfRequest & { readonly type: 'retrying'; readonly waitMs: number; readonly error: ChatFailure })
  /** Another of its models has it now: for `error`, or, where there is none, for the wait at the first. */
  | (OfRequest & {
      readonly type: 'fallback';
      readonly from: string;
      readonly to: string;
      readonly error?: ChatFailure;
    })
  | (OfRequest & { readonly type: 'completed'; readonly timing: ChatTiming; readonly usage: Usage | null })
  | (OfRequest & { readonly type: 'failed'; readonly timing: ChatTiming; readonly error: ChatFailure })
  /** Unsubscribed, or aborted by its signal; `chunks` had been delivered. */
  | (OfRequest & { readonly type: 'cancelled'; readonly timing: ChatTiming; readonly chunks: number })
  /** The server's words have changed what is counted for a model's pool: see `change.reason`. */
  | {
      readonly type: 'window';
      readonly id: 'window';
      readonly request: null;
      readonly at: number;
      readonly model: string;
      readonly change: WindowChange;
    }
  /**
   * A server has said something of its windows that can't be read, and that is passed over: `what` is the name of the header, or 'refusal' for a
   * 429 that names no window; `times` counts it since the client was made.
   */
  | {
      readonly type: 'unread';
      readonly id: 'quota';
      readonly request: null;
      readonly at: number;
      readonly model: string;
      readonly what: string;
      readonly times: number;
    }
  /** What a `quota` that several processes share has to say: its connection lost or found, limits that differ between processes. */
  | {
      readonly type: 'quota';
      readonly id: 'quota';
      readonly request: null;
      readonly at: number;
      readonly notice: QuotaNotice;
    }
  /** The circuit of a pool has opened (nobody goes for `coolDownMs`), is being tried, or has closed. See the option `breaker`. */
  | {
      readonly type: 'circuit';
      readonly id: 'circuit';
      readonly request: null;
      readonly at: number;
      readonly pool: string;
      readonly circuit: ModelLimits['circuit'];
      /** 0 unless it has opened. */
      readonly coolDownMs: number;
    }
  /** What the option `usageStore` names could not be read, so counting begins anew, or not be written, so the next change tries again. */
  | {
      readonly type: 'store_error';
      readonly id: 'store';
      readonly request: null;
      readonly at: number;
      readonly during: 'load' | 'save';
      /** What it threw, or what is wrong with what it gave. */
      readonly error: unknown;
    }
  /** A new configuration is in force. */
  | { readonly type: 'config'; readonly id: 'config'; readonly request: null; readonly at: number }
  /** A configuration could not be used; the one before stays in force. */
  | {
      readonly type: 'config_error';
      readonly id: 'config';
      readonly request: null;
      readonly at: number;
      readonly error: ConfigError;
    };

type OwnPart<Event> = Event extends OfRequest ? Omit<Event, keyof OfRequest> : never;

/** What an event of a request says beside what all of them say. */
export type CallEvent = OwnPart<ChatEvent>;

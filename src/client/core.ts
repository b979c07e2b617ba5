import type { Observable } from 'rxjs';
import type { Catalogue } from '../config/index.js';
import type { fairness } from '../operators/fairness.js';
import type { RetryAccount } from '../operators/retryBudget.js';
import type { RetryPolicy } from '../operators/retryTransient.js';
import type { Clock } from '../pacing/index.js';
import type { ChatRequest } from '../request/index.js';
import type { Transport } from '../transport/index.js';
import type { Budgets } from './budgets.js';
import type { Timeouts } from './ChatClient.js';
import type { ChatEvent } from './ChatEvent.js';
import type { StatusBook } from './ClientStatus.js';
import type { Call } from './call.js';
import type { Deadlines } from './deadlines.js';
import type { Estimator } from './estimator.js';
import type { Lanes } from './lanes.js';

/** What all calls of a client share. */
export interface Core {
  readonly clock: Clock;
  /** Of all that is under way. */
  readonly deadlines: Deadlines;
  /** ms since 1970, for dates that servers send */
  wallNow(): number;
  readonly policy: RetryPolicy;
  readonly retries: RetryAccount;
  /** See the option `onFlexFull`. */
  readonly flexFallsBack: boolean;
  readonly timeouts: Required<Timeouts>;
  readonly rejectHopeless: boolean;
  /** ms; see the option. */
  readonly fallbackAfter: number;
  readonly transport: Transport;
  /** What of a chunk is not as the option `strict` wants it. */
  readonly departure: ((chunk: unknown) => string | undefined) | undefined;
  readonly fair: ReturnType<typeof fairness<ChatRequest>>;
  readonly lanes: Lanes;
  readonly estimator: Estimator;
  /** Undefined where there are none. */
  readonly budgets: Budgets | undefined;
  readonly status: StatusBook;
  /** Calls that have begun and not ended. */
  readonly active: Set<Call>;
  /** Servers that refuse `stream_options`, by base URL. */
  readonly withoutUsageOption: Set<string>;
  readonly closed: boolean;
  /** The configuration in force; undefined until an Observable source has given one. */
  readonly catalogue: Catalogue | undefined;
  /** Emits it once it is there; errors if the source fails before. */
  readonly ready$: Observable<Catalogue>;
  nextId(): string;
  /** Somebody listens to `events$`. */
  readonly heard: boolean;
  report(event: ChatEvent): void;
  /** A server has said something of its windows in a form that nobody here can read: a header's name, or 'refusal'. */
  unread(model: string, what: string): void;
  /** A call has ended. */
  ended(): void;
}

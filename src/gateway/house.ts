import type { Observable } from 'rxjs';
import type { ChatClient } from '../client/index.js';
import type { ClosedError } from '../errors/index.js';
import type { Doorkeeper } from './keys.js';
import type { Metrics } from './metrics.js';
import type { Settings } from './options.js';

/** What all exchanges of a gateway share. */
export interface House {
  readonly client: ChatClient;
  readonly settings: Settings;
  /** undefined: everybody on this machine is let in. */
  readonly doorkeeper: Doorkeeper | undefined;
  readonly metrics: Metrics;
  /** Snapshots for `/status`, as JSON; completes when nothing new is taken any more. */
  readonly status$: Observable<string>;
  /** Emits when all that is under way must end. */
  readonly cut$: Observable<ClosedError>;
  readonly closing: boolean;
}

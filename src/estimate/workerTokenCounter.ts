import { catchError, map } from 'rxjs';
import { startTokenWorker } from '#startTokenWorker';
import { warn } from '#warn';
import { byteBound } from './byteBound.js';
import { familyOf } from './families.js';
import { promptParts } from './promptParts.js';
import type { TokenWorker } from './startTokenWorker.js';
import type { TokenCounter } from './TokenCounter.js';

/** Counts prompts in a worker thread, one for all clients of the process; in a browser without one. */
export interface WorkerTokenCounter {
  /**
   * A number where every text is known already (or no tokenizer is to be had: then `byteBound`), else an Observable of one
   * number that never errors. Each subscription is one message to the worker; unsubscribing drops the reply. Node stays
   * alive while a count is awaited.
   */
  readonly count: TokenCounter;
  /** Whether a count need not wait for the model's vocabulary to load (some 0.1 to 0.5 s, once). */
  ready(model: string): boolean;
  /** Starts loading the model's vocabulary, unless it is there. Does not keep Node alive. */
  warm(model: string): void;
  /** Done with counting. Resolves when the worker has ended, or at once where another client still uses it. */
  release(): Promise<void>;
}

/** Started by the first count, ended by the last release. */
let shared: TokenWorker | undefined;
let users = 0;
/** The worker or a vocabulary could not be loaded. For good: it would fail again at every request. */
let failed = false;

export function workerTokenCounter(): WorkerTokenCounter {
  users++;
  let released = false;
  const ready = (model: string): boolean => failed || shared?.isLoaded(familyOf(model).encoding) === true;
  return {
    count(request, atMost = Number.POSITIVE_INFINITY) {
      const worker = released ? undefined : tokenWorker();
      if (worker === undefined) return byteBound(request);
      const { encoding, fixed, texts } = promptParts(request);
      const tokens = worker.count(encoding, texts, atMost - fixed);
      if (typeof tokens === 'number') return fixed + tokens;
      return tokens.pipe(
        map(counted => fixed + counted),
        catchError(() => [byteBound(request)]),
      );
    },
    ready,
    warm(model) {
      if (!released && !ready(model)) tokenWorker()?.load(familyOf(model).encoding);
    },
    async release() {
      if (released) return;
      released = true;
      if (--users > 0) return;
      const worker = shared;
      shared = undefined;
      await worker?.end();
    },
  };
}

function tokenWorker(): TokenWorker | undefined {
  if (failed) return undefined;
  try {
    shared ??= startTokenWorker(giveUp);
  } catch (error) {
    giveUp(String(error));
  }
  return shared;
}

function giveUp(reason: string): void {
  shared = undefined;
  if (failed) return;
  failed = true;
  warn(reason);
}

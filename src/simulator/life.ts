import type { Clock } from './clock.js';
import type { Entry, Journal, Outcome } from './journal.js';
import type { Ledger, Refusal, Tokens } from './ledger.js';

/** One valid request from its arrival to its end: what is counted for it, and what the log says of it. */
export interface Life {
  readonly ended: boolean;
  /** Counts it at this instant, in all windows or in none. */
  admit(now: number): Refusal | undefined;
  head(status: number): void;
  /** Tells how many tokens of the answer have been made at any later instant. */
  track(made: () => number): void;
  /** Settles and logs. The first end is the one that counts. */
  end(outcome: Exclude<Outcome, 'open' | 'invalid'>): void;
}

export function createLife(entry: Entry, ledger: Ledger, asked: Tokens, clock: Clock, journal: Journal): Life {
  let settle: ((used: Tokens) => void) | undefined;
  let ended = false;
  let made = (): number => 0;
  return {
    get ended() {
      return ended;
    },
    admit(now) {
      const verdict = ledger.admit(asked, now);
      if ('refusal' in verdict) {
        // Who is gone already is not told, and stays in the log as having hung up.
        if (!ended) journal.refused(entry, verdict.refusal, now);
        return verdict.refusal;
      }
      settle = used => ledger.settle(verdict.permit, used, clock.now());
      journal.admitted(entry, now);
      if (ended) settle({ input: asked.input, output: 0 });
      return undefined;
    },
    head: status => journal.head(entry, status),
    track(progress) {
      made = progress;
    },
    end(outcome) {
      if (ended) return;
      ended = true;
      const used = settle === undefined ? { input: 0, output: 0 } : { input: asked.input, output: made() };
      settle?.(used);
      journal.ended(entry, outcome, used);
    },
  };
}

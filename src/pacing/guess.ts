import type { Window } from '../limits/index.js';

/** ms: what most servers count, and what can be waited for. */
export const guessedPer = 60_000;
/** Requests in that time below which a refusal says nothing of a rate: half of two would be one a minute. */
const fewest = 4;

/**
 * A window that nobody has told: a server refuses, but does not say what. It begins at half of what was sent in the minute before, if that was anything to speak of, is halved
 * by each further refusal, and grows by a step for each minute in which somebody waited for it and nothing was refused: additive increase,
 * multiplicative decrease, as in TCP's congestion avoidance (RFC 5681, section 3.1).
 */
export class Guess {
  private step = 1;
  private changedAt = Number.NEGATIVE_INFINITY;
  /** Somebody has waited for it since it last changed. */
  wanted = false;

  /** Undefined for as long as there is nothing to guess; another object after each change. */
  window: Window | undefined = undefined;

  /**
   * Something was refused that had been admitted at `since`. Answers whether that changes the guess: what was sent before the last change
   * says nothing of it.
   * @param sent requests in the minute before
   */
  refused(sent: number, since: number, now: number): boolean {
    if (since <= this.changedAt || (this.window === undefined && sent < fewest)) return false;
    if (this.window === undefined) this.step = Math.max(1, Math.round(sent / 10));
    this.change(Math.max(1, Math.floor((this.window?.limit ?? sent) / 2)), now);
    return true;
  }

  /** Answers whether it has grown: not where nobody had to wait for it. */
  grow(now: number): boolean {
    const { window } = this;
    if (!window || !this.wanted || now < this.changedAt + guessedPer) return false;
    this.change(window.limit + this.step, now);
    return true;
  }

  /** Whether another window does for what this one would. */
  static covers({ unit, per: length }: Pick<Window, 'unit' | 'per'>): boolean {
    return unit === 'requests' && length <= guessedPer;
  }

  private change(limit: number, now: number): void {
    this.window = { unit: 'requests', per: guessedPer, limit, kind: 'sliding' };
    this.changedAt = now;
    this.wanted = false;
  }
}

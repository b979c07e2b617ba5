import type { Subscription } from 'rxjs';
import type { Window } from '../limits/index.js';
import type { Spread } from './LimitsInForce.js';

/** A pool's way to Redis, as its counts see it. */
export interface RedisLine {
  /** Who this is, among all that share the pool. */
  readonly id: string;
  /** It takes a step now. */
  readonly ready: boolean;
  /** There was a connection and it is gone. */
  readonly isDown: boolean;
  readonly failure: unknown;
  open(handlers: LineHandlers): Subscription;
  run(message: string): void;
  later(work: () => void, ms: number): Subscription;
  limitsDiffer(window: Window, spread: Spread): void;
}

export interface LineHandlers {
  /** The connection is there (again). */
  ready(): void;
  /** It is gone, or has turned out to be of no use. */
  lost(): void;
  woken(message: string): void;
  answered(text: string): void;
}

import type { Unit } from '../limits/index.js';
import type { Apart } from './Apart.js';
import type { Spread } from './LimitsInForce.js';
import type { Message } from './messages.js';

/** Of whom a process's dialogue with Redis speaks. */
export interface Speaker {
  readonly units: readonly Unit[];
  readonly clock: () => number;
  /** Its own windows, to be noted in Redis. */
  limits(): NonNullable<Message['windows']>;
  /** ms of the shortest window. */
  shortest(): number;
  /** What it has counted since that instant, where Redis has lost that. */
  counted(now: number, from: number): Message['counted'];
  /** What went while Redis was away, until it has been told. */
  readonly apart: Apart | undefined;
  /** All that had been said has been heard. */
  heard(): void;
  /** All windows in force and their limits, where that has changed. */
  follow(limits: ReadonlyMap<string, Spread>): void;
  /** Look again: what was asked has been answered, or the first's instant is another. */
  room(): void;
}

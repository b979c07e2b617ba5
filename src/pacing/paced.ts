import type { Cost, Unit } from '../limits/index.js';
import type { Backfill } from './backfill.js';
import type { BreakerPolicy, Circuit } from './breaker.js';
import type { Owner } from './lane.js';
import type { FlyingPermit } from './permit.js';
import type { Reserve } from './reserve.js';

/** `drop-lowest`: the least urgent, of these who came last (it may be the newcomer); `drop-oldest`: who has waited longest. */
export type Overflow = (typeof overflows)[number];

const overflows = ['reject-new', 'drop-lowest', 'drop-oldest'] as const;

/** @throws TypeError for anything else */
export function checkOverflow(overflow: Overflow): Overflow {
  if (overflows.includes(overflow)) return overflow;
  throw new TypeError(`overflow: expected one of ${overflows.join(', ')}, got ${String(overflow)}`);
}

export interface PacerOptions {
  /** ms a waiting item needs to gain a level of priority; 0 = never */
  readonly aging: number;
  readonly backfill: false | Backfill;
  readonly maxQueue: number;
  /** Who fails when one more comes than `maxQueue` allows. @default 'reject-new' */
  readonly overflow?: Overflow;
  /** Parts of every window that are kept for the urgent. */
  readonly reserve?: Reserve;
  readonly maxConcurrent: number;
  /** ms; whoever is first in line and would have to wait longer for room fails. @default Infinity */
  readonly maxWait?: number;
  /** The same where the server has told that a window has no room for so long. @default Infinity */
  readonly maxToldWait?: number;
  /** When to stop sending to a server that is down. @default never */
  readonly breaker?: BreakerPolicy;
  /** @param coolDown ms for which nobody goes, where it has opened */
  readonly circuitChanged?: (circuit: Circuit, coolDown: number) => void;
  /** Units to count even while no window asks for them, so that one which is learned later knows what has been sent. */
  readonly units?: readonly Unit[];
  /** ms after which a request in flight is taken to have been counted by the server */
  readonly maxFlight: number;
}

/** Whoever has items in line: told when one goes or never can, and asked again what one costs when the units have changed. */
export interface PacedOwner<Value> extends Owner<Value, FlyingPermit | undefined> {
  /** False for plain values: they count as sent and acknowledged when they leave, and get no permit. */
  readonly needsPermit: boolean;
  /** What the item costs; undefined = not known yet, so it waits. */
  costOf(value: Value): Cost | undefined;
  /** Whose it is, where keys take turns within a priority. */
  keyOf?(value: Value): unknown;
  /** How large a part of the turns the item's key has, beside others' 1. */
  weightOf?(value: Value): number;
  /** The item has come within `depth` of the head with its cost unknown: time to find out. Called again until it is known. */
  near?(value: Value): void;
  /** The item is about to go: what it costs by what has been learnt since it was asked; undefined = nothing has. */
  renewed?(value: Value): Cost | undefined;
}

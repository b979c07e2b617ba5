import { defer, EMPTY, type Observable } from 'rxjs';
import type { Cost, Priority, QuotaReport, Window, WindowChange } from '../limits/index.js';
import type { Seat } from './entry.js';
import { type Flight, inTheAir } from './flights.js';
import { atLeast } from './optionsOf.js';
import type { PacedOwner } from './paced.js';
import type { Pacer } from './pacer.js';

/**
 * The right to send one request. What it takes is counted from its admission on; whoever holds it reports what became of it.
 * Each report counts once; later ones, and those that come too late to matter, are ignored.
 */
export interface Permit {
  /** The response's head has come, so the server has counted the request. Without it that is assumed after `maxFlight`. */
  acknowledged(): void;
  /** Replaces the estimate, in the units that `actual` names, in every window that still counts it. */
  settle(actual: Cost): void;
  /** Gives all back: for what was never sent. */
  release(): void;
  /**
   * The server refused it (and charged nothing): on subscription all is given back, everybody in this line waits
   * `retryAfterMs`, and the request is back in its own place. Emits its next permit, then completes; at a second subscription it only completes.
   * @throws TypeError for a wait that is none
   */
  refused(retryAfterMs: number): Observable<Permit>;
}

/** A permit as the pacer sees it: what flies, and where it stood in line. */
export class FlyingPermit<Value = unknown> implements Permit, Flight {
  row: number = inTheAir;
  /** Of the circuit, when it went. */
  era = 0;
  previous: Flight | undefined = undefined;
  next: Flight | undefined = undefined;
  private settled = false;
  private heardOf = false;
  private over = false;
  /** Its request is back in line, and has another permit to wait for. */
  private wentBack = false;

  constructor(
    private readonly pacer: Pacer,
    private readonly owner: PacedOwner<Value>,
    private readonly value: Value,
    readonly priority: Priority,
    /** Where it stood in line. */
    readonly seat: Seat,
    readonly amounts: number[],
    readonly deadline: number,
  ) {}

  get inTheAir(): boolean {
    return this.row === inTheAir;
  }

  acknowledged(): void {
    if (this.inTheAir) this.pacer.acknowledge(this);
  }

  /** @param atEnd the server counts an answer (not the request) as it ends: now */
  settle(actual: Cost, atEnd = false): void {
    if (this.settled) return;
    const amounts = this.pacer.actualAmounts(this, actual);
    this.settled = true;
    this.pacer.correct(this, amounts, atEnd);
  }

  /** Replaces what it takes so far, before it is settled: in the units that `sofar` names. */
  grow(sofar: Cost): void {
    if (!this.settled) this.pacer.correct(this, this.pacer.actualAmounts(this, sofar));
  }

  release(): void {
    this.giveBack();
    this.end();
  }

  refused(retryAfterMs: number): Observable<FlyingPermit> {
    atLeast('retryAfterMs', retryAfterMs, 0);
    const { pacer, owner, value, priority } = this;
    const want = {
      cost: () => owner.costOf(value) ?? {},
      priority,
      key: owner.keyOf?.(value),
      weight: owner.weightOf?.(value),
    };
    const again$ = pacer.admit(want, () => this.refuse(retryAfterMs));
    return defer(() => (this.wentBack ? EMPTY : again$));
  }

  /** What counts it. */
  get windows(): readonly Window[] {
    return this.pacer.counts.windows.map(({ window }) => window);
  }

  /** See `Counts.surplus`. */
  surplus(report: QuotaReport): number {
    return this.pacer.surplus(this, report);
  }

  /** What the server said of a window; see `Counts.hear`. */
  hear(report: QuotaReport): WindowChange | undefined {
    return this.pacer.hear(this, report);
  }

  /** It was refused without a word of why; see `Counts.guess`. */
  guess(): WindowChange | undefined {
    return this.pacer.guess(this);
  }

  /** Gives all back, makes the whole line wait, and answers the place in it to come back to. */
  refuse(retryAfterMs: number): Seat {
    this.wentBack = true;
    this.pacer.refuse(this, retryAfterMs);
    return this.seat;
  }

  /** Whether its server works; the first word counts. */
  tell(word: 'success' | 'failure' | 'unknown'): void {
    if (this.heardOf) return;
    this.heardOf = true;
    this.pacer.hearOf(this, word);
  }

  /** The request is over: its place among `maxConcurrent` is free. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.tell('unknown');
    this.pacer.ended();
  }

  private giveBack(): void {
    if (this.settled) return;
    this.settled = true;
    this.pacer.correct(
      this,
      this.amounts.map(() => 0),
    );
  }
}

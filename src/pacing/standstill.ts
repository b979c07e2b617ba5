import { type Circuit, type CircuitEvent, closedCircuit, nextCircuit } from './breaker.js';
import type { PacerOptions } from './paced.js';

/** What makes a whole line stand still, whatever room its windows have: a closed gate, a server that told it to wait, an open circuit. */
export class Standstill {
  /** The gate is closed: nobody goes, and no instant is known at which that ends. */
  closed = false;
  /** The server told everybody in this line to wait until then. */
  private heldUntil = Number.NEGATIVE_INFINITY;
  private state = closedCircuit;

  constructor(private readonly options: Pick<PacerOptions, 'breaker' | 'circuitChanged'>) {}

  get circuit(): Circuit {
    return this.state.circuit;
  }

  /** See `CircuitState.era`. */
  get era(): number {
    return this.state.era;
  }

  /** Nobody goes before this instant; where the gate is closed, not even then. */
  get notBefore(): number {
    return Math.max(this.heldUntil, this.state.until);
  }

  /** What it is that holds the line at this instant. @param full as many are under way as may be */
  obstacle(now: number, full: boolean): 'the gate' | 'max_concurrent' | 'the server' | 'the circuit' | undefined {
    if (this.closed) return 'the gate';
    if (full) return 'max_concurrent';
    if (now < this.heldUntil) return 'the server';
    return now < this.state.until ? 'the circuit' : undefined;
  }

  /** A longer wait that was told before stays. */
  hold(ms: number, now: number): void {
    this.heldUntil = Math.max(this.heldUntil, Math.ceil(now + ms));
  }

  /** Somebody goes: the one that probes, where the circuit was open. */
  goes(now: number): void {
    if (this.state.circuit === 'open') this.turn('probe', now);
  }

  /** What became of one who went in that era. Answers whether it changes anything. */
  hear(word: CircuitEvent, era: number, now: number): boolean {
    return this.options.breaker !== undefined && era === this.state.era && this.turn(word, now);
  }

  private turn(event: CircuitEvent, now: number): boolean {
    const before = this.state;
    this.state = nextCircuit(before, event, now, this.options.breaker!);
    const { circuit, until } = this.state;
    if (circuit !== before.circuit) this.options.circuitChanged?.(circuit, circuit === 'open' ? until - now : 0);
    return this.state !== before;
  }
}

/** When a line stops sending to a server that is down. */
export interface BreakerPolicy {
  /** So many failures in a row open the circuit. */
  readonly failures: number;
  /** ms for which nobody goes then; doubles with each probe that fails, up to a minute (or itself, if it is longer). */
  readonly coolDown: number;
}

/** `closed`: all go · `open`: nobody does until the cool-down is over · `half_open`: one has gone, and its outcome is awaited */
export type Circuit = 'closed' | 'open' | 'half_open';

/** What happens to a circuit; all but `probe` tell what became of one who went. */
export type CircuitEvent = 'probe' | 'success' | 'failure' | 'unknown';

export interface CircuitState {
  readonly circuit: Circuit;
  /** In a row, while it is closed. */
  readonly failures: number;
  /** Nobody goes before this instant; Infinity while the probe is out. */
  readonly until: number;
  /** ms of the newest cool-down; 0 = there was none since it was closed. */
  readonly coolDown: number;
  /** Rises whenever `circuit` changes: only the word of those who went in this era counts, not that of stragglers. */
  readonly era: number;
}

const longestCoolDown = 60_000;

export const closedCircuit: CircuitState = {
  circuit: 'closed',
  failures: 0,
  until: Number.NEGATIVE_INFINITY,
  coolDown: 0,
  era: 0,
};

/**
 * ```
 *               failures                cool-down over, one goes
 *     closed ──────────────▶ open ─────────────────────────────▶ half_open
 *        ▲                    ▲  ◀── it failed: twice as long ───┤  │
 *        │                    ╰───── nobody knows: at once ──────╯  │
 *        ╰──────────────────────── it succeeded ────────────────────╯
 * ```
 */
export function nextCircuit(
  state: CircuitState,
  event: CircuitEvent,
  now: number,
  { failures, coolDown }: BreakerPolicy,
): CircuitState {
  const era = state.era + 1;
  const openFor = (ms: number): CircuitState => ({ circuit: 'open', failures: 0, until: now + ms, coolDown: ms, era });
  switch (state.circuit) {
    case 'closed':
      if (event === 'success') return state.failures === 0 ? state : { ...state, failures: 0 };
      if (event !== 'failure') return state;
      return state.failures + 1 < failures ? { ...state, failures: state.failures + 1 } : openFor(coolDown);
    case 'open':
      return event === 'probe' ? { ...state, circuit: 'half_open', until: Number.POSITIVE_INFINITY, era } : state;
    case 'half_open':
      if (event === 'success') return { ...closedCircuit, era };
      if (event === 'failure') return openFor(Math.min(state.coolDown * 2, Math.max(longestCoolDown, coolDown)));
      return event === 'unknown' ? { ...state, circuit: 'open', until: now, era } : state;
  }
}

/** @throws TypeError naming the field */
export function checkBreaker({ failures = 5, coolDown = 5000 }: Partial<BreakerPolicy>): BreakerPolicy {
  if (!Number.isInteger(failures) || failures < 1) {
    throw new TypeError(`breaker.failures: expected an integer of at least 1, got ${String(failures)}`);
  }
  if (!(coolDown > 0 && coolDown < Number.POSITIVE_INFINITY)) {
    throw new TypeError(`breaker.coolDown: expected ms above 0, got ${String(coolDown)}`);
  }
  return { failures, coolDown };
}

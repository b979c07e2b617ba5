import type { Fault } from './faults.js';
import type { Refusal, Tokens, WindowKind, WindowStats } from './ledger.js';

/** `open` while it is under way; `invalid`: 400, 401, 404 and the like, nothing to do with quotas. */
export type Outcome = 'open' | 'completed' | 'aborted' | 'refused' | 'fault' | 'invalid';

/** One chat request. Instants are ms of the simulator's clock; null: has not happened. */
export interface SimulatedRequest {
  /** 1 for the first that arrived. */
  readonly number: number;
  /** As in the header x-request-id. */
  readonly requestId: string;
  readonly model: string;
  readonly stream: boolean;
  /** Its last byte was here. */
  readonly arrival: number;
  /** It was counted, or refused. */
  readonly counted: number | null;
  /** The head of the answer was sent. */
  readonly head: number | null;
  readonly end: number | null;
  readonly status: number | null;
  /** Prompt and cap as counted at admission. */
  readonly requested: Tokens;
  /** Prompt and tokens of the answer so far. */
  readonly used: Tokens;
  readonly outcome: Outcome;
  /** The window that refused it. */
  readonly refusedBy: WindowKind | null;
  readonly fault: Fault['kind'] | null;
}

export type Entry = { -readonly [Field in keyof SimulatedRequest]: SimulatedRequest[Field] };

export interface RequestTotals {
  /** Valid requests that have arrived. */
  readonly requests: number;
  readonly admitted: number;
  /** By a 429 that waiting helps against. */
  readonly refused: number;
  /** By a 413, or a 429 that no waiting helps against. */
  readonly tooLarge: number;
  readonly completed: number;
  /** The client hung up before the end. */
  readonly aborted: number;
  readonly faults: number;
  /** Tokens of prompts and answers, once they have ended, aborted ones included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Prompt and cap of everything admitted. */
  readonly reservedTokens: number;
  /** Under way now, from arrival to end. */
  readonly open: number;
  readonly peakOpen: number;
  /** Event streams open now. */
  readonly streams: number;
}

export interface ModelStats extends RequestTotals {
  readonly refusedBy: Readonly<Partial<Record<WindowKind, number>>>;
  readonly windows: readonly WindowStats[];
}

/** The sums over all models, and each model that was asked or exists. */
export interface SimulatorStats extends RequestTotals {
  /** Requests that were wrong in themselves: 400, 401, 404. */
  readonly invalid: number;
  /** Sockets open now. */
  readonly connections: number;
  readonly models: Readonly<Record<string, ModelStats>>;
}

export interface SimulatorEvent {
  readonly type: 'arrived' | 'counted' | 'head' | 'ended';
  /** ms of the simulator's clock */
  readonly at: number;
  readonly request: SimulatedRequest;
}

type Tally = { -readonly [Field in keyof RequestTotals]: number } & {
  refusedBy: Partial<Record<WindowKind, number>>;
};

/** The log keeps the newest; statistics know all. */
const KEPT = 100_000;

export interface Journal {
  arrived(entry: Pick<Entry, 'requestId' | 'model' | 'stream' | 'arrival' | 'requested' | 'fault'>): Entry;
  /** A request that is wrong in itself. */
  invalid(entry: Pick<Entry, 'requestId' | 'model' | 'stream' | 'arrival' | 'status'>): void;
  admitted(entry: Entry, at: number): void;
  refused(entry: Entry, refusal: Refusal, at: number): void;
  head(entry: Entry, status: number): void;
  ended(entry: Entry, outcome: Outcome, used: Tokens): void;
  connection(change: 1 | -1): void;
  stats(windowsOf: ReadonlyMap<string, readonly WindowStats[]>): SimulatorStats;
  requests(): readonly SimulatedRequest[];
}

/** @param changed is called after every change, with the event if there is one */
export function createJournal(now: () => number, changed: (event?: SimulatorEvent) => void): Journal {
  let log: Entry[] = [];
  let count = 0;
  let invalid = 0;
  let connections = 0;
  let open = 0;
  let peakOpen = 0;
  const tallies = new Map<string, Tally>();

  const tallyOf = (model: string): Tally => {
    const tally = tallies.get(model) ?? { ...NOTHING, refusedBy: {} };
    tallies.set(model, tally);
    return tally;
  };
  const keep = (entry: Entry): void => {
    log.push(entry);
    if (log.length >= 2 * KEPT) log = log.slice(-KEPT);
  };
  const tell = (type: SimulatorEvent['type'], entry: Entry): void =>
    changed({ type, at: now(), request: { ...entry } });

  return {
    arrived(given) {
      const entry: Entry = { ...BLANK, ...given, number: ++count, used: { input: 0, output: 0 } };
      const tally = tallyOf(entry.model);
      tally.requests++;
      tally.open++;
      tally.peakOpen = Math.max(tally.peakOpen, tally.open);
      peakOpen = Math.max(peakOpen, ++open);
      keep(entry);
      tell('arrived', entry);
      return entry;
    },
    invalid(given) {
      invalid++;
      const entry: Entry = { ...BLANK, ...given, number: ++count, end: now(), outcome: 'invalid' };
      keep(entry);
      tell('ended', entry);
    },
    admitted(entry, at) {
      entry.counted = at;
      const tally = tallyOf(entry.model);
      tally.admitted++;
      tally.reservedTokens += entry.requested.input + entry.requested.output;
      tell('counted', entry);
    },
    refused(entry, { window, tooLarge }, at) {
      entry.counted = at;
      entry.refusedBy = window;
      const tally = tallyOf(entry.model);
      if (tooLarge) tally.tooLarge++;
      else {
        tally.refused++;
        tally.refusedBy[window] = (tally.refusedBy[window] ?? 0) + 1;
      }
      tell('counted', entry);
    },
    head(entry, status) {
      entry.head = now();
      entry.status = status;
      if (entry.stream && status === 200) tallyOf(entry.model).streams++;
      tell('head', entry);
    },
    ended(entry, outcome, used) {
      const tally = tallyOf(entry.model);
      if (entry.stream && entry.status === 200) tally.streams--;
      entry.end = now();
      entry.outcome = outcome;
      entry.used = used;
      tally.open--;
      open--;
      if (outcome === 'completed') tally.completed++;
      if (outcome === 'aborted') tally.aborted++;
      if (outcome === 'fault') tally.faults++;
      tally.inputTokens += used.input;
      tally.outputTokens += used.output;
      tell('ended', entry);
    },
    connection(change) {
      connections += change;
      changed();
    },
    stats(windowsOf) {
      const models: Record<string, ModelStats> = {};
      const sums: Tally = { ...NOTHING, refusedBy: {} };
      for (const model of new Set([...windowsOf.keys(), ...tallies.keys()])) {
        const tally = tallies.get(model) ?? { ...NOTHING, refusedBy: {} };
        models[model] = { ...tally, refusedBy: { ...tally.refusedBy }, windows: windowsOf.get(model) ?? [] };
        for (const field of TOTALS) sums[field] += tally[field];
      }
      const { refusedBy: _, ...totals } = sums;
      return { ...totals, peakOpen, invalid, connections, models };
    },
    requests: () => log.slice(-KEPT).map(entry => ({ ...entry })),
  };
}

const NOTHING: RequestTotals = {
  requests: 0,
  admitted: 0,
  refused: 0,
  tooLarge: 0,
  completed: 0,
  aborted: 0,
  faults: 0,
  inputTokens: 0,
  outputTokens: 0,
  reservedTokens: 0,
  open: 0,
  peakOpen: 0,
  streams: 0,
};
const TOTALS = Object.keys(NOTHING) as (keyof RequestTotals)[];

const BLANK: Omit<Entry, 'number' | 'requestId' | 'model' | 'stream' | 'arrival'> = {
  counted: null,
  head: null,
  end: null,
  status: null,
  requested: { input: 0, output: 0 },
  used: { input: 0, output: 0 },
  outcome: 'open',
  refusedBy: null,
  fault: null,
};

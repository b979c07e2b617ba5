import { createLedger, type Ledger, type LedgerOptions, WINDOW_KINDS, type WindowStats } from './ledger.js';
import { type SimulatedLimits, type SimulatedModel, UNKNOWN_MODEL } from './models.js';

export interface BookedModel {
  readonly model: SimulatedModel;
  readonly ledger: Ledger;
}

/** Which models there are, and the counts of each. */
export interface ModelBook {
  find(id: string): BookedModel | undefined;
  living(): readonly SimulatedModel[];
  /**
   * Changes the limits named, of one model or of all (`*`). A model that is not known comes into being,
   * a retired one comes back with the limits that it had.
   * @throws TypeError for a window that does not exist or a limit that is no number
   */
  setLimits(id: string, limits: SimulatedLimits, now: number): void;
  windows(now: number): ReadonlyMap<string, readonly WindowStats[]>;
}

export function createModelBook(
  models: readonly SimulatedModel[],
  overrides: Readonly<Record<string, SimulatedLimits>>,
  options: LedgerOptions,
): ModelBook {
  const book = new Map<string, BookedModel>();
  const write = (model: SimulatedModel): void => {
    book.set(model.id, { model, ledger: createLedger(model.limits, options) });
  };
  for (const model of models) write(model);
  const living = (): readonly SimulatedModel[] =>
    [...book.values()].map(({ model }) => model).filter(model => model.retired === undefined);
  const everyones = overrides['*'] ?? {};

  const setLimits = (id: string, limits: SimulatedLimits, now: number): void => {
    checkLimits(id, limits);
    if (id === '*') {
      for (const model of living()) setLimits(model.id, limits, now);
      return;
    }
    const known = book.get(id);
    if (known === undefined || known.model.retired !== undefined) {
      const { retired: _, ...model } = known?.model ?? { id, ...UNKNOWN_MODEL };
      write({ ...model, limits: { ...model.limits, ...everyones, ...limits } });
      return;
    }
    const model = { ...known.model, limits: { ...known.model.limits, ...limits } };
    known.ledger.setLimits(model.limits, now);
    book.set(id, { ...known, model });
  };
  // First those for all, so that those for one win.
  setLimits('*', everyones, 0);
  for (const [id, limits] of Object.entries(overrides)) if (id !== '*') setLimits(id, limits, 0);

  return {
    find: id => book.get(id),
    living,
    setLimits,
    windows: now => new Map(living().map(({ id }) => [id, book.get(id)!.ledger.windows(now)])),
  };
}

function checkLimits(id: string, limits: SimulatedLimits): void {
  for (const [kind, limit] of Object.entries(limits)) {
    if (!(WINDOW_KINDS as readonly string[]).includes(kind)) {
      throw new TypeError(`limits of ${id}: unknown window "${kind}", expected one of ${WINDOW_KINDS.join(', ')}`);
    }
    if (typeof limit !== 'number' || Number.isNaN(limit)) {
      throw new TypeError(`limits of ${id}: ${kind} must be a number (-1: unlimited), got ${String(limit)}`);
    }
  }
}

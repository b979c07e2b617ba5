import type { Priority, Unit, Window } from '../limits/index.js';

/** By priority: the share of every window that less urgent ones must leave to it. */
export type Reserve = { readonly [P in Priority]?: number };

/** A column that counts another's units, but only of what is less urgent than `priority`. */
export interface ReservedColumn {
  readonly column: number;
  readonly base: number;
  readonly priority: Priority;
}

/**
 * A reserved share is one more window: what is less urgent may fill no more of each than the rest. It has a unit of its own, which only that
 * counts in; so all that holds for windows holds for it.
 */
export function withReserve(windows: readonly Window[], reserve: Reserve): readonly Window[] {
  let left = 1;
  const rests = sharesOf(reserve).map(([priority, share]) => {
    left -= share;
    const rest = left;
    return windows.map(window => ({ ...window, unit: unitBelow(window.unit, priority), limit: window.limit * rest }));
  });
  return [...windows, ...rests.flat()];
}

export function reservedColumns(units: readonly Unit[], reserve: Reserve): ReservedColumn[] {
  return sharesOf(reserve).flatMap(([priority]) =>
    units.flatMap((unit, base) => {
      const column = units.indexOf(unitBelow(unit, priority));
      return column < 0 ? [] : [{ column, base, priority }];
    }),
  );
}

export function isReserved(unit: Unit): boolean {
  return unit.includes(mark);
}

/** @throws TypeError for a share that is none, or shares that leave nothing to the others */
export function checkReserve(reserve: Reserve): Reserve {
  const shares = Object.entries(reserve);
  for (const [priority, share] of shares) {
    if (!/^([1-9]|10)$/.test(priority))
      throw new TypeError(`reserve: expected priorities from 1 to 10, got ${priority}`);
    if (!(share > 0 && share < 1))
      throw new TypeError(`reserve.${priority}: expected a share between 0 and 1, got ${String(share)}`);
  }
  const sum = shares.reduce((all, [, share]) => all + share, 0);
  if (sum >= 1) throw new TypeError(`reserve: the shares leave nothing to others, as they add up to ${sum}`);
  return reserve;
}

const mark = ' less urgent than ';

function unitBelow(unit: Unit, priority: Priority): Unit {
  return `${unit}${mark}${priority}`;
}

/** The most urgent first. */
function sharesOf(reserve: Reserve): [Priority, number][] {
  return Object.entries(reserve).map(([priority, share]) => [Number(priority) as Priority, share]);
}

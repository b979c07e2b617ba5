import { RequestInvalidError } from '../errors/index.js';
import type { Cost, Unit } from '../limits/index.js';

/**
 * Reads a cost into a vector, one number a unit. A unit that it leaves out counts 0, `requests` 1; or, with `otherwise`, what stands there.
 * @throws RequestInvalidError for a negative or non-finite number
 */
export function fillAmounts(
  amounts: Float64Array | number[],
  units: readonly Unit[],
  cost: Cost,
  otherwise?: ArrayLike<number>,
): void {
  for (let column = 0; column < units.length; column++) {
    const amount = cost[units[column]!] ?? (otherwise ? (otherwise[column] ?? 0) : column === 0 ? 1 : 0);
    if (!(amount >= 0 && amount < Number.POSITIVE_INFINITY)) {
      throw new RequestInvalidError(`cost.${units[column]}: expected a number of at least 0, got ${String(amount)}`, {
        field: `cost.${units[column]}`,
      });
    }
    amounts[column] = amount;
  }
}

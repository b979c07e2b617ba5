import type { Ledger, Row } from './Ledger.js';

/** What may go: it counts in Redis from the moment on at which it was granted. */
interface Grant {
  readonly amounts: readonly number[];
  readonly row: Row;
}

const epsilon = 1e-9;

/** What Redis has granted and nobody has taken. It lasts for one turn: what is left then is given back. */
export class Grants {
  private grants: Grant[] = [];

  constructor(private readonly ledger: Ledger) {}

  add(amounts: readonly number[], row: Row): void {
    this.grants.push({ amounts, row });
  }

  /** Whether one of them covers these amounts. */
  cover(amounts: ArrayLike<number>, offset: number, columns: number): boolean {
    return this.find(amounts, offset, columns) >= 0;
  }

  /** Takes one that covers these amounts, if there is one, and answers where it stands. */
  use(amounts: readonly number[], columns: number): Row | undefined {
    const index = this.find(amounts, 0, columns);
    if (index < 0) return undefined;
    const [grant] = this.grants.splice(index, 1);
    this.ledger.correct(
      grant!.row,
      amounts.map((amount, column) => amount - grant!.amounts[column]!),
    );
    return grant!.row;
  }

  giveBack(): void {
    for (const { row, amounts } of this.grants)
      this.ledger.correct(
        row,
        amounts.map(amount => -amount),
      );
    this.grants = [];
  }

  private find(amounts: ArrayLike<number>, offset: number, columns: number): number {
    return this.grants.findIndex(grant => {
      for (let column = 0; column < columns; column++)
        if (!(amounts[offset + column]! <= (grant.amounts[column] ?? 0) + epsilon)) return false;
      return true;
    });
  }
}

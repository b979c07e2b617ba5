export type Vector = readonly number[];

export function product(one: Vector, other: Vector): number {
  return one.reduce((sum, value, at) => sum + value * other[at]!, 0);
}

/** Of a symmetric, positive definite matrix, so that no pivot is 0 (Gauss and Jordan). */
export function inverse(matrix: readonly Vector[]): readonly Vector[] {
  const size = matrix.length;
  const lines = matrix.map((line, at) => [...line, ...line.map((_, column) => (at === column ? 1 : 0))]);
  for (let pivot = 0; pivot < size; pivot++) {
    const own = lines[pivot]!.map(value => value / lines[pivot]![pivot]!);
    lines[pivot] = own;
    for (let at = 0; at < size; at++) {
      const times = lines[at]![pivot]!;
      if (at === pivot || times === 0) continue;
      lines[at] = lines[at]!.map((value, column) => value - times * own[column]!);
    }
  }
  return lines.map(line => line.slice(size));
}

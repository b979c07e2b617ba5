/** 1 is the most urgent, 10 the least; 5 where nothing is said. */
export type Priority = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

export const defaultPriority: Priority = 5;

export function isPriority(value: unknown): value is Priority {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 10;
}

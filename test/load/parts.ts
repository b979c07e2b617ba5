import type { Row } from './row.js';

/** Measures something, and says what came out. */
export type Part = () => Promise<readonly Row[]>;

/** Those of the parts that the command line names; all, where it names none. */
export function partsAsked(parts: Readonly<Record<string, Part>>): readonly (readonly [name: string, part: Part])[] {
  const named = process.argv.slice(2);
  const unknown = named.filter(name => !parts[name]);
  if (unknown.length > 0) throw new Error(`no such part: ${unknown}. There are: ${Object.keys(parts).join(' ')}`);
  return Object.entries(parts).filter(([name]) => named.length === 0 || named.includes(name));
}

/** Prints a part's table. The process will have failed where a bound is not kept. */
export function printTable(name: string, rows: readonly Row[]): void {
  console.log(`\n${name}`);
  for (const { what, value, bound, ok } of rows) {
    if (!ok) process.exitCode = 1;
    console.log(`  ${what.padEnd(64)} ${value.padStart(16)}  ${ok ? bound : `${bound}  FAILED`}`);
  }
}

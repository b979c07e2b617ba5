import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

/** An empty file in the place of what may be there, so that a path that can't be written is told at once. */
export function beginFile(path: string): void {
  writeFileSync(path, '');
}

export function addLine(path: string, line: string): void {
  appendFileSync(path, `${line}\n`);
}

export function linesOf(path: string): readonly string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '');
}

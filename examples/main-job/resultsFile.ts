import { appendFileSync, closeSync, openSync, statSync } from 'node:fs';
import { ProgramError } from './ProgramError.js';
import type { BrokenLine, Result } from './Result.js';

export interface ResultsFile extends Disposable {
  /** @throws ProgramError */
  append(entry: Result | BrokenLine): void;
}

/**
 * Opens (and empties) the file for the results. Each line is on the disk when `append` returns, so nothing that was paid for is
 * lost, however the program ends.
 * @param input is not to be overwritten
 * @throws ProgramError if it can't be written
 */
export function openResults(path: string, input: string): ResultsFile {
  if (isSame(path, input))
    throw new ProgramError(`The results would overwrite the prompts in ${path}. Give --output another name.`);
  const fail = (error: unknown, exitCode: 1 | 2): never => {
    throw new ProgramError(
      `The results can't be written to ${path}: ${(error as Error).message}. Give another file with --output FILE.`,
      exitCode,
    );
  };
  const open = (): number => {
    try {
      return openSync(path, 'w');
    } catch (error) {
      return fail(error, 2);
    }
  };
  const file = open();
  return {
    append(entry) {
      try {
        appendFileSync(file, `${JSON.stringify(entry)}\n`);
      } catch (error) {
        fail(error, 1);
      }
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

function isSame(path: string, other: string): boolean {
  const [a, b] = [path, other].map(name => statSync(name, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.isFile() && a.dev === b.dev && a.ino === b.ino;
}

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A file's text, or the code of why it can't be had (`ENOENT`, `EACCES`, …). */
export type FileText = { readonly text: string } | { readonly code: string };

export function readFile(path: string): FileText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

export function fileExists(path: string): boolean {
  return existsSync(path);
}

/** `path` seen from the folder `cwd`, as an absolute one. */
export function resolvePath(path: string, cwd = '.'): string {
  return resolve(cwd, path);
}

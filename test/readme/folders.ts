import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** An empty folder outside of the repository; `remove` it in the end. */
export function emptyFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'rx-groq-'));
  writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

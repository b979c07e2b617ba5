import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { emptyFolder, root } from '../readme/folders.js';

/** What npm would publish, of the build that is there. */
export interface Pack {
  /** The tarball. */
  readonly file: string;
  /** It unpacked. */
  readonly folder: string;
  /** Paths of its files in it. */
  readonly files: readonly string[];
  remove(): void;
}

export function pack(): Pack {
  const { path, remove } = emptyFolder();
  const [{ filename }] = JSON.parse(npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', path));
  const file = join(path, filename);
  const folder = join(path, 'unpacked');
  mkdirSync(folder);
  execFileSync('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
  return { file, folder, files: filesIn(folder), remove };
}

/** Runs npm and returns what it printed. */
export function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)));
}

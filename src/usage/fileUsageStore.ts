import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { UsageRecord, UsageStore } from './UsageStore.js';

/** ms after which an unfinished file belongs to nobody any more. */
const abandonedAfter = 60_000;

/**
 * Keeps use in a file, as JSON. Whenever the process is killed, the file is the whole of one save: each goes into a file of its own beside it
 * and takes its place when all of it is on the disk. Folders are made as needed.
 *
 * ```ts
 * const client = createChatClient('config.json', { usageStore: fileUsageStore('usage.json') });
 * ```
 *
 * **Gotchas** One file for one client at a time: of two that save into it, each overwrites what the other has counted.
 * @param path relative to the working directory as it is now
 */
export function fileUsageStore(path: string): UsageStore {
  const file = resolve(path);
  let last: Promise<void> = Promise.resolve();
  return {
    load() {
      removeAbandoned(file);
      const text = readText(file);
      return text === undefined ? undefined : (JSON.parse(text) as UsageRecord);
    },
    save(usage) {
      const text = JSON.stringify(usage);
      const write = (): Promise<void> => replace(file, text);
      last = last.then(write, write); // in order, whatever became of the one before
      return last;
    },
  };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function replace(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync(); // else a power cut could leave the new name with nothing in it
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** What a process that was killed while it saved has left. */
function removeAbandoned(file: string): void {
  try {
    for (const name of readdirSync(dirname(file))) {
      if (!name.startsWith(`${basename(file)}.`) || !name.endsWith('.tmp')) continue;
      const other = join(dirname(file), name);
      if (Date.now() - statSync(other).mtimeMs > abandonedAfter) rmSync(other);
    }
  } catch {
    // Not worth a warning: it is in nobody's way.
  }
}

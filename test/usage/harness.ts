import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A folder of the test's own; gone when it ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'rx-groq-usage-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A program of this folder, in a process that doesn't outlive the test. */
export function start(program: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export interface Job {
  kill(): Promise<void>;
  /** What it has printed, when it has ended by itself. */
  readonly lines: Promise<Record<string, unknown>[]>;
}

/** Starts `job.mjs`. */
export function runJob({ url }: { url: string }, store: string, count: number): Job {
  const child = start('job.mjs', url, store, String(count));
  let printed = '';
  child.stdout.on('data', data => {
    printed += data;
  });
  const closed = once(child, 'close');
  return {
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
    lines: closed.then(([code, signal]) => {
      if (code !== 0 && signal === null) throw new Error(`the job ended with ${code}`);
      return printed
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line));
    }),
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a worker says of its requests. */
export interface Said {
  readonly what: 'queued' | 'sent' | 'refused' | 'failed' | 'completed';
  readonly name: string;
  /** ms, the same clock for all processes of a machine */
  readonly at: number;
  readonly context: { readonly priority: number; readonly index: number };
}

export interface WorkerOptions {
  readonly name: string;
  readonly redis: string;
  readonly base: string;
  readonly windows: readonly object[];
  /** Output caps that its prompts have in turn. */
  readonly tokens: readonly number[];
  readonly prompts: number;
  /** ms; it also sends a request of priority 1 so often. */
  readonly urgentEvery?: number;
  /** ms by which its wall clock is wrong. */
  readonly clockOff?: number;
  /** @default 'wait' */
  readonly onUnavailable?: 'wait' | 'local';
}

/** A process that sends its prompts and stays. Whoever starts it kills it. */
export function startWorker(options: WorkerOptions, heard: (said: Said) => void): ChildProcess {
  const file = fileURLToPath(new URL('fleetWorker.js', import.meta.url));
  const child = spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout! }).on('line', line => heard(JSON.parse(line) as Said));
  return child;
}

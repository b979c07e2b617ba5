import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { ChatRequest, Priority } from 'rx-groq';
import { ProgramError } from './ProgramError.js';
import type { BrokenLine } from './Result.js';

/** One line of the input. */
export interface Job {
  /** From 1. */
  readonly line: number;
  readonly priority: Priority;
  readonly request: ChatRequest;
}

export interface Jobs {
  readonly jobs: readonly Job[];
  readonly broken: readonly BrokenLine[];
}

/**
 * Reads all of a JSONL file (`-`: of standard input) before anything is sent, so that the most urgent line goes first wherever it
 * stands. Whether an object is a good request is for the client to say.
 * @throws ProgramError if it can't be read, or holds nothing
 */
export async function readJobs(path: string): Promise<Jobs> {
  const lines = (await read(path)).replace(/^\uFEFF/, '').split(/\r?\n/);
  const jobs: Job[] = [];
  const broken: BrokenLine[] = [];
  for (const [index, content] of lines.entries()) {
    if (content.trim() === '') continue;
    const line = index + 1;
    try {
      const request = parse(content);
      jobs.push({ line, priority: priorityOf(request), request });
    } catch (error) {
      broken.push({ line, ok: false, error: { kind: 'broken_line', message: (error as Error).message } });
    }
  }
  if (jobs.length + broken.length === 0) {
    throw new ProgramError(`${nameOf(path)} holds no line. Give one request a line, as in examples/prompts.jsonl.`);
  }
  return { jobs, broken };
}

/** The jobs of each priority: sources for `mergeByPriority`. */
export function byPriority(jobs: readonly Job[]): { readonly [P in Priority]?: readonly Job[] } {
  const priorities = [...new Set(jobs.map(job => job.priority))];
  return Object.fromEntries(priorities.map(priority => [priority, jobs.filter(job => job.priority === priority)]));
}

function parse(content: string): ChatRequest {
  const request: unknown = JSON.parse(content);
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new TypeError('expected a JSON object with "model" and "messages"');
  }
  return request as ChatRequest;
}

/** A priority that is none stays in the request, where the client finds it. */
function priorityOf({ priority }: ChatRequest): Priority {
  const isOne = typeof priority === 'number' && Number.isInteger(priority) && priority >= 1 && priority <= 10;
  return isOne ? (priority as Priority) : 5;
}

async function read(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    throw new ProgramError(`${nameOf(path)} can't be read: ${(error as Error).message}`);
  }
}

function nameOf(path: string): string {
  return path === '-' ? 'Standard input' : path;
}

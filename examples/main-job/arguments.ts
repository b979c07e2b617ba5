import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ProgramError } from './ProgramError.js';

export const HELP = `Sends a file of prompts to Groq: by priority, never over the quota, answers streaming.

  npm start [-- [FILE] [--output FILE]]

  FILE               one request a line as JSON: the API's own request body, and if you like "priority"
                     (1 most urgent … 10, default 5) and "context" (anything, found again in the results).
                     - reads standard input. Default: examples/prompts.jsonl
  -o, --output FILE  one result a line as JSON, in order of finishing. Default: results.jsonl
  -h, --help

Environment
  GROQ_API_KEY       asks the Groq cloud. Without it the answers come from a simulator in this process
  GROQ_BASE_URL      asks this server instead of api.groq.com
  COLUMNS, NO_COLOR  as everywhere

Exit code: 0 all answered · 1 a line or a request failed · 2 it could not begin · 130 Ctrl-C
`;

export interface Arguments {
  /** A path, or `-` for standard input. */
  readonly input: string;
  readonly output: string;
  readonly help: boolean;
}

const PROMPTS = fileURLToPath(new URL('../prompts.jsonl', import.meta.url));

/** @throws ProgramError */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  if (positionals.length > 1) throw wrong(`one file at a time, but got ${positionals.join(' ')}`);
  if (values.output === '') throw wrong('--output needs the name of a file');
  return { input: positionals[0] ?? PROMPTS, output: values.output, help: values.help };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        output: { type: 'string', short: 'o', default: 'results.jsonl' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function wrong(message: string): ProgramError {
  return new ProgramError(`${message}\nUsage: npm start -- [FILE or -] [--output FILE]. More: npm start -- --help`);
}

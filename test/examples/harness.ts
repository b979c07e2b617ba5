import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Simulator, type SimulatorOptions, startSimulator } from 'rx-groq/simulator';
import { onTestFinished } from 'vitest';

export const MAIN = fileURLToPath(new URL('../../examples/main-job/main.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export const SMALL = 'openai/gpt-oss-20b';
export const LARGE = 'openai/gpt-oss-120b';
/** Of a test that starts a process, which first reads TypeScript and a tokenizer, on a machine that may be busy. */
export const PATIENCE = { timeout: 120_000 };

/** Answers at once: for tests that are not about quotas. */
export const INSTANT: SimulatorOptions = { delayBefore: [0, 0], delayAfter: [0, 0], tokensPerSecond: Infinity };

export async function simulate(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ ...INSTANT, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

/** The environment in which the program asks this server. */
export function asking({ url }: Simulator): NodeJS.ProcessEnv {
  return { GROQ_API_KEY: 'gsk_test', GROQ_BASE_URL: url };
}

export function prompt(content: string, more: object = {}): string {
  return JSON.stringify({ model: SMALL, max_completion_tokens: 60, messages: [{ role: 'user', content }], ...more });
}

/** A folder of the test's own; gone when it ends. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'rx-groq-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name: string, ...lines: string[]): string {
      writeFileSync(join(path, name), lines.map(line => `${line}\n`).join(''));
      return join(path, name);
    },
    // biome-ignore lint/suspicious/noExplicitAny: whatever stands in the file
    results: (name = 'results.jsonl'): any[] =>
      readFileSync(join(path, name), 'utf8')
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line)),
  };
}

export interface Options {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

const running = (program: string, args: readonly string[]): string[] => ['--import', TSX, program, ...args];

/** Runs the program in a process of its own. */
export function start(args: readonly string[], options: Options = {}, program = MAIN) {
  return follow(spawn(process.execPath, running(program, args), spawning(options)), options);
}

/** The same under a pseudo-terminal of 100 × 40. */
export function startOnTerminal(args: readonly string[], options: Options = {}) {
  // Given once more behind the shell, which has its own idea of COLUMNS.
  const variables = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
  const words = ['env', ...variables, process.execPath, ...running(MAIN, args)].map(word => `'${word}'`);
  const command = `stty cols 100 rows 40; exec ${words.join(' ')}`;
  const onLinux = ['-qefc', command, '/dev/null'];
  const onOthers = ['-q', '/dev/null', 'sh', '-c', command];
  return follow(spawn('script', process.platform === 'linux' ? onLinux : onOthers, spawning(options)), options);
}

function spawning({ cwd, env }: Options) {
  const { GROQ_API_KEY, GROQ_BASE_URL, GROQ_CONFIG_PATH, COLUMNS, NO_COLOR, FORCE_COLOR, CI, ...inherited } =
    process.env;
  return { cwd: cwd ?? folder().path, env: { ...inherited, TERM: 'xterm-256color', ...env } };
}

function follow(child: ChildProcess, { input }: Options) {
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  const heard = new EventTarget();
  child.stdout!.setEncoding('utf8').on('data', part => {
    output.stdout += part;
    heard.dispatchEvent(new Event('text'));
  });
  child.stderr!.setEncoding('utf8').on('data', part => (output.stderr += part));
  if (input !== undefined) child.stdin!.end(input);
  const exit = once(child, 'close').then(([code, signal]) => ({ code: code ?? signal, ...output }));
  return {
    child,
    exit,
    stdout: (): string => output.stdout,
    /** Resolves when the output so far matches; rejects if the program ends before. */
    async until(pattern: RegExp): Promise<void> {
      const ended = exit.then(({ stdout, stderr }) => {
        if (!pattern.test(stdout)) throw new Error(`ended without ${pattern}:\n${stdout}\n${stderr}`);
      });
      while (!pattern.test(output.stdout)) await Promise.race([once(heard, 'text'), ended]);
    },
  };
}

/** What the summary says beside a word, as a number. */
export function figure(stdout: string, name: string): number {
  const [, value = 'nothing'] = new RegExp(`^ *${name} +([\\d,.]+)`, 'm').exec(stdout) ?? [];
  return Number(value.replaceAll(',', ''));
}

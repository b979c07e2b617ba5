import { spawn } from 'node:child_process';

export interface Outcome {
  /** null: killed */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** ms; by then every program here has ended by itself, also on a busy machine, or never will. */
const patience = 120_000;

/** Runs a program until Node exits by itself. Of the environment of the tests it sees only where programs are. */
export async function runNode(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, args, { cwd, env: { PATH, HOME, ...env }, timeout: patience });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', part => (output.stdout += part));
  child.stderr.setEncoding('utf8').on('data', part => (output.stderr += part));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, ...output };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Program {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** One of the package's own programs, in a process of its own. */
export function start(name: 'gateway' | 'simulator', ...flags: readonly string[]): Promise<Program> {
  return startFile(`../../dist/${name}/cli.js`, ...flags);
}

export const bareProxy = (url: string): Promise<Program> => startFile('./bareProxy.mjs', url);

async function startFile(path: string, ...flags: readonly string[]): Promise<Program> {
  const file = fileURLToPath(new URL(path, import.meta.url));
  const child = spawn(process.execPath, [file, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  return {
    url: String(line).split(' ').at(-1)!,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** A simulator that is as fast as it can be and limits nothing. */
export const fastSimulator = (): Promise<Program> =>
  start(
    'simulator',
    ...['--limit', '*:rpm=-1,rpd=-1,tpm=-1,tpd=-1', '--tokens-per-second', 'Infinity'],
    ...['--delay-before', '0-0', '--delay-after', '0-0'],
  );

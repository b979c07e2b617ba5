import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Ends it without a word. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it had written down. */
  start(...more: string[]): Promise<void>;
  /** The end of it and of its data. */
  stop(): Promise<void>;
}

/** A server of its own on a free port, for one test or a suite; whoever starts it calls `stop`. */
export async function startRedis(...args: string[]): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'rx-groq-redis-'));
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
    async start(...more) {
      child = spawn(
        'redis-server',
        ['--port', `${port}`, '--dir', folder, '--save', '', '--bind', '127.0.0.1', ...args, ...more],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let ready = false;
      for await (const line of createInterface({ input: child.stdout! })) {
        ready = line.includes('eady to accept connections');
        if (ready) break;
      }
      if (!ready) throw new Error(`redis-server has ended: is port ${port} taken?`);
      child.stdout!.resume();
    },
    async stop() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** Not one of those that the system hands out: whoever connects gets one of these meanwhile, and it may be this. */
export function freePort(): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 10_000);
  return new Promise(resolve => {
    const server = createServer()
      .once('error', () => resolve(freePort()))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}

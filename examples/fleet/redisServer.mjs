import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Debian's redis-server on a free port. It writes down what it is told before it answers (AOF), so that it has lost nothing when it is
 * started again.
 * @param {string} folder of its data
 */
export async function startRedis(folder) {
  const port = await freePort();
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
  /** @type {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} */
  let child;
  const start = async () => {
    child = spawn('redis-server', [...args, ...durable], { stdio: ['ignore', 'pipe', 'inherit'] });
    const failed = once(child, 'error').then(([error]) => {
      throw new Error('This needs redis-server: apt-get install -y redis-server', { cause: error });
    });
    await Promise.race([failed, readiness(child.stdout)]);
    child.stdout.resume();
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  await start();
  return { url: `redis://127.0.0.1:${port}`, start, kill };
}

/** @param {import('node:stream').Readable} output */
async function readiness(output) {
  for await (const line of createInterface({ input: output })) if (line.includes('eady to accept connections')) return;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

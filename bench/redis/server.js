/** A Redis of its own on a free port, and what it says of its work. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';

/**
 * @typedef {object} Work what Redis has done since it was started
 * @property {number} trips times that it read from a connection: what is sent at once is read at once
 * @property {number} commands those of clients and those that scripts call
 * @property {number} bytes of data that it holds
 */

export async function startRedis() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'rx-groq-bench-redis-'));
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.includes('eady to accept connections')) break;
  }
  server.stdout.resume();
  const client = new Redis({ port });
  let asked = 0;
  return {
    url: `redis://127.0.0.1:${port}`,
    client,
    /** @returns {Promise<Work>} */
    async work() {
      asked++;
      const info = String(
        (
          await client
            .pipeline([
              ['info', 'stats'],
              ['info', 'memory'],
            ])
            .exec()
        )
          ?.flat()
          .join('\n'),
      );
      const number = (/** @type {string} */ name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
      return {
        trips: number('total_reads_processed') - asked,
        commands: number('total_commands_processed') - 2 * asked,
        bytes: number('used_memory') - number('used_memory_overhead'),
      };
    },
    async stop() {
      client.disconnect();
      const exit = once(server, 'exit');
      server.kill('SIGKILL');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

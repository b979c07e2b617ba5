/**
 * `npm run test:faults`: two processes send under one quota of 40 requests in 8 s, one fault meets them or Redis, and a table says what came
 * of it. Fails where one was refused, one more went than the windows hold, or one was lost.
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { rateWindow } from 'rx-groq';
import { QuotaUnavailableError, redisQuota } from 'rx-groq/redis';
import { firstValueFrom, of } from 'rxjs';
import { type Simulator, startSimulator } from '../../src/simulator/index.js';
import { type RedisServer, startRedis } from './redisServer.js';
import { startProxy, type TcpProxy } from './tcpProxy.js';
import { type Said, startWorker } from './worker.js';

const limit = 40;
/** So long that what is forgotten in a fault has not been refilled when it is over. */
const per = 8000;
const prompts = 60;

interface World {
  readonly redis: RedisServer;
  readonly replica: RedisServer | undefined;
  readonly proxy: TcpProxy;
  readonly a: ChildProcess;
  readonly b: ChildProcess;
  admin(): Promise<Redis>;
}

interface Fault {
  readonly name: string;
  /** Of redis-server. */
  readonly args?: readonly string[];
  /** What is done; the promise fulfils when the fault is over, from when on recovery is timed. */
  readonly happens: (world: World) => Promise<void>;
  /** Process b does not live to finish. */
  readonly killsB?: true;
  readonly clockOff?: number;
  readonly onUnavailable?: 'local';
  readonly hasReplica?: true;
}

const kept = ['--appendonly', 'yes', '--appendfsync', 'always'];
const restart = async ({ redis }: World): Promise<void> => {
  await redis.kill();
  await wait(1000);
  await redis.start();
};

const faults: readonly Fault[] = [
  { name: 'none', happens: async () => {} },
  {
    name: 'kill -9 of a worker that holds permits',
    killsB: true,
    happens: async ({ b }) => void b.kill('SIGKILL'),
  },
  {
    name: 'a worker stopped for 10 s, then continued',
    happens: async ({ b }) => {
      b.kill('SIGSTOP');
      await wait(10_000);
      b.kill('SIGCONT');
    },
  },
  { name: 'Redis killed, back after 1 s with its data', args: kept, happens: restart },
  { name: 'Redis killed, back after 1 s without', happens: restart },
  {
    name: 'Redis killed, back after 3 s with its data; `local`',
    args: kept,
    onUnavailable: 'local',
    happens: async ({ redis }) => {
      await redis.kill();
      await wait(3000);
      await redis.start();
    },
  },
  {
    name: 'Redis killed, after 1 s its replica takes over',
    args: ['--repl-diskless-sync-delay', '0'],
    hasReplica: true,
    happens: async ({ redis, replica, proxy }) => {
      await redis.kill();
      await wait(1000);
      const client = new Redis(replica!.url);
      await client.call('REPLICAOF', 'NO', 'ONE');
      client.disconnect();
      proxy.target = replica!.port;
    },
  },
  {
    name: '500 ms of latency for 5 s',
    happens: async ({ proxy }) => {
      proxy.latency = 250;
      await wait(5000);
      proxy.latency = 0;
    },
  },
  {
    name: 'connections dropped, every 300 ms for 3 s',
    happens: async ({ proxy }) => {
      for (let count = 0; count < 10; count++) {
        proxy.drop();
        await wait(300);
      }
    },
  },
  { name: "a worker's clock an hour ahead", clockOff: 3_600_000, happens: async () => {} },
  {
    name: 'Redis full for 2 s (noeviction)',
    args: ['--maxmemory-policy', 'noeviction'],
    happens: async ({ admin }) => {
      const client = await admin();
      await client.config('SET', 'maxmemory', '1');
      await wait(2000);
      await client.config('SET', 'maxmemory', '0');
    },
  },
  {
    name: 'the script flushed, ten times in 1 s',
    happens: async ({ admin }) => {
      const client = await admin();
      for (let count = 0; count < 10; count++) {
        await client.script('FLUSH');
        await wait(100);
      }
    },
  },
];

interface Row {
  readonly name: string;
  readonly refused: number;
  readonly over: number;
  readonly lost: number;
  readonly recoveryMs: number;
}

/** How much more than the bucket held was counted, at most. */
function overAdmitted(simulator: Simulator): number {
  let level = limit;
  let last = 0;
  let over = 0;
  for (const { counted, outcome } of simulator.requests()) {
    if (counted === null || outcome === 'refused') continue;
    level = Math.min(limit, level + ((counted - last) * limit) / per) - 1;
    last = counted;
    over = Math.max(over, Math.ceil(-level - 1e-6));
  }
  return over;
}

/** A replica that has all that its primary has. */
async function startReplica(port: number): Promise<RedisServer> {
  const replica = await startRedis('--replicaof', '127.0.0.1', `${port}`);
  const client = new Redis(replica.url);
  while (!(await client.info('replication')).includes('master_link_status:up')) await wait(50);
  client.disconnect();
  return replica;
}

async function run(fault: Fault): Promise<Row> {
  const { name, args = [], happens, killsB, clockOff = 0, onUnavailable, hasReplica } = fault;
  const redis = await startRedis(...args);
  const replica = hasReplica ? await startReplica(redis.port) : undefined;
  const proxy = await startProxy(redis.port);
  const simulator = await startSimulator({
    limits: { 'openai/gpt-oss-20b': { rpm: limit, tpm: -1, rpd: -1, tpd: -1 } },
    timeScale: 60_000 / per,
    tokensPerSecond: Infinity,
  });
  const said: Said[] = [];
  const common = {
    redis: `redis://127.0.0.1:${proxy.port}`,
    base: simulator.url,
    windows: [{ limit, per, kind: 'bucket' }],
    tokens: [10],
    prompts,
    ...(onUnavailable && { onUnavailable }),
  };
  const children = [
    startWorker({ ...common, name: 'a' }, one => said.push(one)),
    startWorker({ ...common, name: 'b', clockOff }, one => said.push(one)),
  ] as const;
  const clients: Redis[] = [];
  const admin = async (): Promise<Redis> => {
    const client = new Redis(redis.url);
    clients.push(client);
    return client;
  };
  const count = (what: Said['what'], of?: string): number =>
    said.filter(one => one.what === what && (of === undefined || one.name === of)).length;
  const until = async (reached: () => boolean, atMost: number): Promise<void> => {
    for (const end = performance.now() + atMost; !reached() && performance.now() < end; ) await wait(20);
  };
  try {
    await until(() => count('sent', 'a') >= 5 && count('sent', 'b') >= 5 && count('sent') >= limit + 4, 60_000);
    await happens({ redis, replica, proxy, a: children[0], b: children[1], admin });
    const over = performance.timeOrigin + performance.now();
    await until(() => count('completed', 'a') === prompts && (killsB || count('completed', 'b') === prompts), 40_000);
    const next = said.find(({ what, at }) => what === 'sent' && at >= over)?.at;
    return {
      name,
      refused: simulator.stats().refused,
      over: overAdmitted(simulator),
      lost: (killsB ? 1 : 2) * prompts - count('completed', 'a') - (killsB ? 0 : count('completed', 'b')),
      recoveryMs: Math.round((next ?? Number.NaN) - over),
    };
  } finally {
    for (const client of clients) client.disconnect();
    for (const child of children) child.kill('SIGKILL');
    proxy.close();
    await simulator.close();
    await replica?.stop();
    await redis.stop();
  }
}

/** What a value ends in where a server accepts and says nothing. Here, for it takes ten seconds. */
async function silence(): Promise<unknown> {
  const sockets: Socket[] = [];
  const server = createServer(socket => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const quota = redisQuota({ url: `redis://127.0.0.1:${port}` });
  const outcome = await firstValueFrom(of(1).pipe(rateWindow({ limit, per }, { quota }))).catch(
    (error: unknown) => error,
  );
  for (const socket of sockets) socket.destroy();
  server.close();
  return outcome;
}

const only = process.argv[2];
console.log('| fault | refused | over-admitted | lost | next one goes after |\n| --- | --- | --- | --- | --- |');
let bad = 0;
for (const fault of faults.filter(({ name }) => !only || name.includes(only))) {
  const { name, refused, over, lost, recoveryMs } = await run(fault);
  // Without a next one the fault has met nobody.
  const ok = refused === 0 && over === 0 && lost === 0 && recoveryMs >= 0;
  if (!ok) bad++;
  console.log(`| ${name} | ${refused} | ${over} | ${lost} | ${recoveryMs} ms |${ok ? '' : ' ✗'}`);
}
if (!only) {
  const outcome = await silence();
  const told = outcome instanceof QuotaUnavailableError && outcome.reason === 'unreachable';
  console.log(`\nA server that accepts and says nothing: ${told ? outcome.message : `✗ ${outcome}`}`);
  if (!told) bad++;
}
console.log(bad === 0 ? '\nNobody was refused, none went over, none was lost.' : `\n${bad} faults broke a promise.`);
process.exitCode = bad === 0 ? 0 : 1;

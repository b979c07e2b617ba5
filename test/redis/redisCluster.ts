import { Redis } from 'ioredis';
import { freePort, type RedisServer, startRedis } from './redisServer.js';

export interface RedisCluster {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  stop(): Promise<void>;
}

const slots = 16_384;

/** Three primaries that share the slots. */
export async function startCluster(): Promise<RedisCluster> {
  const servers = await Promise.all([0, 1, 2].map(startNode));
  const admins = servers.map(({ url }) => new Redis(url));
  const buses = await Promise.all(admins.map(admin => admin.config('GET', 'cluster-port')));
  for (const [index, admin] of admins.entries()) {
    const [from, to] = [index, index + 1].map(part => Math.floor((part * slots) / admins.length));
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${to! - 1}`);
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
    if (index > 0) await admin.call('CLUSTER', 'MEET', '127.0.0.1', `${servers[0]!.port}`, (buses[0] as string[])[1]!);
  }
  for (const admin of admins) {
    while (!/cluster_state:ok(.|\s)*cluster_known_nodes:3/.test(String(await admin.call('CLUSTER', 'INFO'))));
    admin.disconnect();
  }
  return {
    nodes: servers.map(({ port }) => ({ host: '127.0.0.1', port })),
    stop: async () => void (await Promise.all(servers.map(server => server.stop()))),
  };
}

async function startNode(): Promise<RedisServer> {
  const bus = await freePort();
  return startRedis('--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-node-timeout', '5000');
}

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createChatClient } from 'rx-groq';
import { startGateway } from 'rx-groq/gateway';
import { startSimulator } from 'rx-groq/simulator';
import { bodyFor, MODEL } from './ask.js';
import { type Row, row } from './row.js';

/** Seconds until the last of them must be gone: what keep-alive probes and the time of an idle socket take, and some more. */
const bound = 120;
const [here, there] = ['10.231.77.1', '10.231.77.2'];

/**
 * Clients that are gone from one instant to the next, without a packet, as when a cable is pulled: some have asked nothing yet, some
 * stand in line, some are in the middle of an answer. They live in a network namespace of their own, which takes Linux and root.
 */
export async function vanished(count: number): Promise<Row[]> {
  const space = `rx-groq-${process.pid}`;
  const [ours, theirs] = [`rxa${process.pid}`, `rxb${process.pid}`];
  const ip = (...words: string[]): string =>
    execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    ip('netns', 'add', space);
  } catch {
    return [row('LEFT OUT: needs root and the command ip', '-', '', process.env.CI === undefined)];
  }
  try {
    ip('link', 'add', ours, 'type', 'veth', 'peer', 'name', theirs, 'netns', space);
    ip('addr', 'add', `${here}/30`, 'dev', ours);
    ip('link', 'set', ours, 'up');
    ip('-n', space, 'addr', 'add', `${there}/30`, 'dev', theirs);
    ip('-n', space, 'link', 'set', theirs, 'up');
    const address = /link\/ether (\S+)/.exec(ip('-n', space, 'link', 'show', theirs))![1]!;
    // Else the silence of the other side would be an error of our own network.
    ip('neigh', 'replace', there, 'lladdr', address, 'dev', ours, 'nud', 'permanent');
    return await watch(count, space, () => ip('-n', space, 'addr', 'flush', 'dev', theirs));
  } finally {
    ip('link', 'del', ours); // while sockets there wait for an answer, their namespace stays, and would keep it
    ip('netns', 'del', space);
  }
}

async function watch(count: number, space: string, cut: () => void): Promise<Row[]> {
  await using simulator = await startSimulator({
    limits: { '*': { rpm: -1, rpd: -1, tpm: -1, tpd: -1 } },
    tokensPerSecond: 20,
    answer: () => 'word '.repeat(400),
  });
  const entry = { base_url: simulator.url, api_key: 'any', dialect: 'groq' } as const;
  await using client = createChatClient({ [MODEL]: entry, closed: { ...entry, windows: [{ limit: 0, per: 1000 }] } });
  const keys = { any: `sha256:${createHash('sha256').update('any').digest('hex')}` };
  await using gateway = await startGateway({ client, host: here, keys });
  const flowing = bodyFor({ content: 'Tell me', stream: true }).replace(':50,', ':1000,');
  const program = fileURLToPath(new URL('./vanishing.mjs', import.meta.url));
  const bodies = ['', bodyFor({ content: 'Hello' }).replace(MODEL, 'closed'), flowing];
  const args = [
    'netns',
    'exec',
    space,
    process.execPath,
    program,
    here,
    String(gateway.port),
    String(count),
    ...bodies,
  ];
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  try {
    await once(createInterface(child.stdout), 'line');
    const begin = performance.now();
    const gone = async (left: () => number | Promise<number>): Promise<number> => {
      while ((await left()) > 0 && performance.now() - begin < bound * 1000) {
        await new Promise(resolve => setTimeout(resolve, 100));
      }
      return (performance.now() - begin) / 1000;
    };
    while (client.limits('closed').queued < count || client.limits(MODEL).inFlight < count)
      await gone(() => 0).then(pause);
    cut();
    const [line, flow, sockets] = await Promise.all([
      gone(() => client.limits('closed').queued),
      gone(() => client.limits(MODEL).inFlight),
      gone(async () => (await connectionsOf(gateway.port)) - 1), // it asks by one itself
    ]);
    const late = (what: string, seconds: number): Row =>
      row(what, `${seconds.toFixed(1)} s`, `< ${bound} s`, seconds < bound);
    return [
      late(`${count} clients vanish from the line: places free after`, line),
      late(`${count} in the middle of an answer: done with after`, flow),
      late('all sockets gone, those that asked nothing too', sockets),
    ];
  } finally {
    child.kill('SIGKILL');
    await exit;
  }
}

async function connectionsOf(port: number): Promise<number> {
  const headers = { authorization: 'Bearer any', connection: 'close' };
  const text = await (await fetch(`http://${here}:${port}/metrics`, { headers })).text();
  return Number(/^rx_groq_gateway_connections (\d+)$/m.exec(text)![1]);
}

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 20));

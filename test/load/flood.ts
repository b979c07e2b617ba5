import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, MODEL } from './ask.js';
import { fastSimulator, start } from './programs.js';
import { quantile, type Row, row } from './row.js';

/** What it takes at once, by default. */
const limit = 2000;

/**
 * Ten thousand connections at once against a gateway with its usual limits, nearly all that it takes by clients that send a head byte
 * by byte and never end it. Fifty clients that were there before go on asking.
 */
export async function flood(connections: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rx-groq-load-'));
  const simulator = await fastSimulator();
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ [MODEL]: { base_url: simulator.url, api_key: 'any', dialect: 'groq' } }));
  const gateway = await start('gateway', '--config', config);
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const inside = (): Promise<readonly Awaited<ReturnType<typeof ask>>[]> =>
    Promise.all(Array.from({ length: 50 }, (_, index) => ask(gateway.url, { content: `What is ${index}+1?`, agent })));
  try {
    await inside();
    const begin = performance.now();
    const ends: Promise<string>[] = [];
    const beat = new EventEmitter().setMaxListeners(0);
    const beating = setInterval(() => beat.emit('beat'), 2000);
    const { port } = new URL(gateway.url);
    const opening = async (): Promise<void> => {
      while (ends.length < connections) {
        const { opened, end } = drip(Number(port), beat);
        ends.push(end);
        await opened;
      }
    };
    // No more at once than a queue of the system holds: who finds that full comes seconds later.
    const open = Promise.all(Array.from({ length: 400 }, opening));
    let flooded = true;
    const all = open.then(() => Promise.all(ends));
    void all.finally(() => {
      flooded = false;
      clearInterval(beating);
    });
    const served = [];
    let most = 0;
    while (flooded) {
      served.push(...(await inside()));
      most = Math.max(most, await openAt(gateway.url, agent));
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    const answers = await all;
    const seconds = (performance.now() - begin) / 1000;
    const how = (what: RegExp): number => answers.filter(text => what.test(text)).length;
    const refused = how(/^HTTP\/1\.1 503 .*retry-after: 1\r\n.*"code":"too_many_connections"/s);
    const late = how(/^HTTP\/1\.1 408 .*did not arrive in time/s);
    const right = served.filter(({ text }, index) => text === `${(index % 50) + 1} (simulated)`).length;
    const after = (await inside()).filter(({ status }) => status === 200).length;
    const longest = quantile(
      served.map(({ total }) => total),
      0.99,
    );
    return [
      row(`${connections} connections: told that there is no room (503)`, refused, '', refused > 0),
      row('taken in, never ended their head: told so (408)', late, '', late > 0),
      row('closed without a word', connections - refused - late, '0', refused + late === connections),
      row('open at once, at the most', most, `${limit}`, most <= limit && most > 0.9 * limit),
      row('all gone after', `${seconds.toFixed(1)} s`, '< 60 s', seconds < 60),
      row('meanwhile those inside: answered', `${right} of ${served.length}`, 'all', right === served.length),
      row('they waited, 99 of 100, at most', `${longest.toFixed(0)} ms`, '', true),
      row('after it: answered', after, '50', after === 50),
    ];
  } finally {
    agent.destroy();
    await gateway.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Sends a head and never its end. `end` resolves with all that was said when the socket has closed. */
function drip(port: number, beat: EventEmitter): { opened: Promise<void>; end: Promise<string> } {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  let text = '';
  const send = (): unknown => socket.write('x');
  const stop = (): unknown => beat.off('beat', send);
  socket.setEncoding('utf8').on('data', part => {
    text += part;
    stop();
  });
  const opened = new Promise<void>(resolve => {
    socket.once('connect', () => {
      socket.write('GET /v1/models HTTP/1.1\r\nx-header: ');
      beat.on('beat', send);
      resolve();
    });
    socket.once('close', () => resolve());
  });
  const end = new Promise<string>(resolve => {
    socket.once('close', () => {
      stop();
      resolve(text);
    });
  });
  return { opened, end };
}

/** Sockets that it has open now, but for the one that asks. */
async function openAt(url: string, agent: Agent): Promise<number> {
  const text = await new Promise<string>((resolve, reject) => {
    const asked = get(new URL('/metrics', url), { agent }, response => {
      response.setEncoding('utf8');
      resolve(response.reduce((all: string, part: string) => all + part, ''));
    });
    asked.on('error', reject);
  });
  return Number(/^rx_groq_gateway_connections (\d+)$/m.exec(text)![1]);
}

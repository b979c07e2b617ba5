import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createChatClient } from 'rx-groq';
import { startGateway } from 'rx-groq/gateway';
import { startSimulator } from 'rx-groq/simulator';
import { ask, bodyFor, MODEL } from './ask.js';
import { type Row, row } from './row.js';

/**
 * Some read nothing of a long answer, some a little now and then, some have closed their half while they stand in line: none keeps a
 * place, a connection to the server behind or memory, and those beside them are served.
 */
export async function slowReaders(count: number): Promise<Row[]> {
  const long = 'word '.repeat(30_000);
  await using simulator = await startSimulator({
    limits: { '*': { rpm: -1, rpd: -1, tpm: -1, tpd: -1 } },
    delayBefore: [0, 0],
    delayAfter: [0, 0],
    tokensPerSecond: Infinity,
    answer: body => (JSON.stringify(body).includes('long') ? long : undefined),
  });
  const entry = { base_url: simulator.url, api_key: 'any', dialect: 'groq' } as const;
  await using client = createChatClient({ [MODEL]: entry, closed: { ...entry, windows: [{ limit: 0, per: 1000 }] } });
  await using gateway = await startGateway({ client, maxUnread: 100_000, unreadTimeout: 5000 });
  const before = process.memoryUsage().rss;

  const slow: Socket[] = [];
  for (let index = 0; index < count; index++) {
    const socket = await open(gateway.port, bodyFor({ content: 'long', stream: true }).replace(':50,', ':60000,'));
    if (index % 2 === 0) socket.pause();
    else trickle(socket);
    slow.push(socket);
  }
  const halves: Socket[] = [];
  for (let index = 0; index < count; index++) {
    const body = bodyFor({ content: 'Hello', stream: index % 2 === 0 });
    halves.push(await open(gateway.port, body.replace(MODEL, 'closed')));
  }
  await until(() => client.limits('closed').queued === count);
  for (const socket of halves) socket.end();
  await until(() => client.limits('closed').queued === 0);

  const answers = [];
  for (let index = 0; index < 100; index++) answers.push(await ask(gateway.url, { content: `What is ${index}+1?` }));
  await until(() => simulator.stats().open === 0 && client.limits(MODEL).inFlight === 0);
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  const whole = (await Promise.all(slow.map(rest))).filter(text => text.endsWith('[DONE]\n\n')).length;
  const right = answers.filter(({ text }, index) => text === `${index + 1} (simulated)`).length;
  return [
    row(`${count} that read slowly or not at all: cut off`, count - whole, String(count), whole === 0),
    row('memory for them', `${grown.toFixed(0)} MB`, `< ${100 + 4 * count} MB`, grown < 100 + 4 * count),
    row(
      `${count} that closed their half while in line: out of it`,
      count - client.limits('closed').queued,
      String(count),
      true,
    ),
    row('100 others beside them: answered', right, '100', right === 100),
  ];
}

async function open(port: number, body: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  await once(socket, 'connect');
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
  return socket;
}

/** The end of all that there is to read. Resolves when the other side has closed. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', part => {
    text = (text + part).slice(-100);
  });
  socket.resume();
  if (!socket.readableEnded && !socket.destroyed) await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  socket.destroy();
  return text;
}

/** Some kB a second. */
function trickle(socket: Socket): void {
  socket.pause();
  const reading = setInterval(() => socket.read(512), 100);
  socket.once('close', () => clearInterval(reading));
}

/** Gives up after two minutes. */
async function until(reached: () => boolean): Promise<void> {
  const end = performance.now() + 120_000;
  while (!reached()) {
    if (performance.now() > end) throw new Error(`it never came to ${reached}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

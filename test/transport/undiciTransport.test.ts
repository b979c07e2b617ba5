import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { createChatClient, type ResponseHead, type Transport, type TransportRequest } from 'rx-groq';
import { firstValueFrom, from, lastValueFrom, of, tap, toArray } from 'rxjs';
import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { ask, clientFor, closing, configFor, KEY, record, simulate } from '../client/harness.js';

test('one after the other, requests share their connections: an answer that was read to [DONE] gives its own back', async () => {
  const simulator = await simulate();
  const client = clientFor(simulator);
  for (let count = 0; count < 5; count++) {
    await lastValueFrom(client.stream(ask()));
    await firstValueFrom(client.complete(ask('x', { stream: false })));
  }
  const { completed, connections } = simulator.stats();
  expect(completed).toBe(10);
  // Two at most: one may be sent in the very turn in which the one before ends.
  expect(connections).toBeLessThanOrEqual(2);
});

test('an answer that is refused gives it back too', async () => {
  const simulator = await simulate();
  simulator.fault({ kind: 'status', status: 400, times: 3 });
  const client = clientFor(simulator);
  for (let count = 0; count < 3; count++) await record(client.stream(ask())).end;
  expect((await record(client.stream(ask())).end).log.at(-1)).toBe('complete');
  expect(simulator.stats().connections).toBeLessThanOrEqual(2);
});

test('there are as many connections as requests in flight, and cancelling one closes its own only', async () => {
  const simulator = await simulate();
  simulator.fault({ kind: 'stall', times: 5 }); // so that none has ended before the last has begun
  const client = clientFor(simulator);
  const runs = Array.from({ length: 5 }, () => record(client.stream(ask())));
  await simulator.until(({ streams }) => streams === 5);
  expect(simulator.stats().connections).toBe(5);
  runs[0]!.subscription.unsubscribe();
  runs[1]!.subscription.unsubscribe();
  await simulator.until(({ connections }) => connections === 3);
  expect(runs.slice(2).map(({ ended }) => ended)).toEqual([false, false, false]);
});

/** A server that writes these pieces for each request, one after the other. */
async function saying(pieces: (request: number) => readonly string[]) {
  let requests = 0;
  let connections = 0;
  const server = createTcpServer(socket => {
    connections++;
    socket.setNoDelay(true).on('error', () => {});
    socket.on('data', async (bytes: Buffer) => {
      if (!bytes.toString('latin1').startsWith('POST ')) return; // the rest of one
      for (const piece of pieces(requests++)) {
        await new Promise(resolve => socket.write(piece, () => setImmediate(resolve)));
      }
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { url, seen: () => ({ requests, connections }) };
}

const goOn = 'HTTP/1.1 100 Continue\r\n\r\n';
const content = `${goOn} says the server, "HTTP/1.1 100"`;
const said = JSON.stringify({ id: 'x', object: 'chat.completion', choices: [{ index: 0, message: { content } }] });
const answered = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${said.length}\r\n\r\n${said}`;
const split = (text: string, size: number) => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];

test.each([
  ['at once', () => [goOn + answered]],
  ['before', () => [goOn, answered]],
  [
    'three times, among others',
    () => [
      `${goOn}HTTP/1.1 102 Processing\r\n\r\n${goOn}`,
      `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${goOn}`,
      answered,
    ],
  ],
  ['with headers, and no reason', () => ['HTTP/1.1 100\r\nvia: 1.1 proxy\r\n\r\n', answered]],
  ['of HTTP/1.0', () => ['HTTP/1.0 100 Continue\r\n\r\n', answered]],
  ['byte by byte', () => split(goOn + answered, 1)],
  ['seven by seven', () => split(goOn + answered, 7)],
  ['now and then', (request: number) => (request % 2 ? [goOn + answered] : [answered])],
])('responses before the response are read past: 100 Continue, %s', async (_, pieces) => {
  const { url, seen } = await saying(pieces);
  const client = clientFor({ url });
  for (let count = 0; count < 3; count++) {
    const { choices } = await firstValueFrom(client.complete(ask('x', { stream: false })));
    expect(choices[0].message.content).toBe(content);
  }
  expect(seen().requests).toBe(3);
  expect(seen().connections).toBeLessThanOrEqual(2); // the next may be sent before the end of the one before has come
});

test('a body whose bytes look like one, where a read begins, is left alone', async () => {
  const event = `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }] })}\n\n`;
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n: ';
  const { url } = await saying(() => [head, 'HTTP/1.1 100 Continue\r\n\r\n', event, 'data: [DONE]\n\n']);
  const bytes: Uint8Array[] = [];
  const client = clientFor(
    { url },
    {},
    {
      interceptors: [
        next => request => next(request).pipe(tap(part => part instanceof Uint8Array && bytes.push(part))),
      ],
    },
  );
  await lastValueFrom(client.stream(ask()));
  expect(Buffer.concat(bytes).toString()).toContain(': HTTP/1.1 100 Continue');
});

test('where undici reads it, in a dispatcher of the user’s, it says so, and the request is sent once', async () => {
  const { url, seen } = await saying(() => [goOn]);
  const dispatcher = new Agent();
  onTestFinished(() => dispatcher.destroy());
  const client = clientFor({ url }, {}, { connection: { dispatcher } });
  const error = await firstValueFrom(client.complete(ask())).catch(error => error);
  expect(error).toMatchObject({ kind: 'connection', code: 'UND_ERR_SOCKET', retryable: false, attempts: 1 });
  expect(error.message).toMatch('says "100 Continue" although nobody asked');
  expect(error.message).toMatch('go without connection.dispatcher');
  expect(seen().requests).toBe(1);
});

test('a connection that the server closes while it is idle is replaced', async () => {
  const ports: (number | undefined)[] = [];
  const server = createServer((request, response) => {
    ports.push(request.socket.remotePort);
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end('{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"content":"Hi"}}]}');
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const client = clientFor({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
  const requests = [1, 2, 3].map(() => ask('x', { stream: false }));
  for (const request of requests) await firstValueFrom(client.complete(request));
  expect(new Set(ports).size).toBe(3);
});

test('what goes over the wire: key, own headers, the body in UTF-8, nothing of the library', async () => {
  const seen: { url?: string | undefined; headers: object; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    seen.push({ url: request.url, headers: request.headers, body });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"content":"Hi"}}]}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = clientFor(
    { url: `http://127.0.0.1:${port}/deep/v1` },
    { headers: { 'x-team': 'blue' }, model: 'alias-of' },
  );
  await firstValueFrom(client.complete(ask('Grüße 🦀', { stream: false, priority: 1, context: 'mine' })));
  expect(seen).toHaveLength(1);
  expect(seen[0]!.url).toBe('/deep/v1/chat/completions');
  expect(seen[0]!.headers).toMatchObject({
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/json',
    accept: 'application/json',
    'x-team': 'blue',
  });
  const { priority: _, context: __, ...body } = ask('Grüße 🦀', { stream: false });
  expect(JSON.parse(seen[0]!.body)).toEqual({ ...body, model: 'alias-of' });
});

test('a transport of your own takes its place', async () => {
  const sent: TransportRequest[] = [];
  const head: ResponseHead = { status: 200, headers: { 'content-type': 'text/event-stream' } };
  const chunk =
    '{"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}';
  const transport: Transport = request => {
    sent.push(request);
    return of(head, new TextEncoder().encode(`data: ${chunk}\n\ndata: [DONE]\n\n`));
  };
  const client = closing(createChatClient(configFor({ url: 'http://nowhere.invalid/v1' }), { transport }));
  const results = await lastValueFrom(from([ask(), ask()]).pipe(client.completeEach(), toArray()));
  expect(results.map(result => result.ok && result.completion.choices[0].message.content)).toEqual(['Hi', 'Hi']);
  expect(sent.map(({ url, method }) => `${method} ${url}`)).toEqual([
    'POST http://nowhere.invalid/v1/chat/completions',
    'POST http://nowhere.invalid/v1/chat/completions',
  ]);
});

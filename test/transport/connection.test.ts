import { once } from 'node:events';
import { createServer } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { type ChatClient, type ChatClientOptions, createChatClient, toText } from 'rx-groq';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { Agent, MockAgent } from 'undici';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ask, clientFor, configFor, KEY, MODEL, record, simulate } from '../client/harness.js';
import { ways } from '../invariants/ways.js';
import { certificate } from './certificate.js';

const chunk = (content: string, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;
const answer = `${chunk('Hi', 'stop')}data: [DONE]\n\n`;
const eventStream = { 'content-type': 'text/event-stream' };
const text = (client: ChatClient) => firstValueFrom(client.stream(ask()).pipe(toText()));
const portOf = (server: Server | Http2SecureServer): number => (server.address() as AddressInfo).port;

beforeEach(() => {
  // Servers here sign for themselves.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_USE_ENV_PROXY']) {
    vi.stubEnv(name, undefined).stubEnv(name.toLowerCase(), undefined);
  }
  return () => vi.unstubAllEnvs();
});

/** Listens until the test ends; and every socket it has, or had. */
async function listening<S extends Server | Http2SecureServer>(server: S): Promise<{ server: S; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, sockets };
}

/** A server that answers every request so. */
async function tlsServer(respond = (_: ServerHttp2Stream | undefined): void => {}) {
  const { server } = await listening(
    createHttpsServer(certificate, (request, response) => {
      request.resume();
      respond(undefined);
      response.writeHead(200, eventStream).end(answer);
    }),
  );
  return `https://127.0.0.1:${portOf(server)}/v1`;
}

type Tunnel = (socket: Socket, target: { hostname: string; port: number }) => void;

const through: Tunnel = (socket, { hostname, port }) => {
  const server = connect(port, hostname, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(server).pipe(socket);
  });
  server.on('error', () => socket.destroy());
  socket.on('close', () => server.destroy());
};

/** A proxy that does what `tunnel` says with a CONNECT; and what it was asked. */
async function proxyServer(tunnel: Tunnel = through) {
  const asked: { target: string; authorization: string | undefined }[] = [];
  const proxy = createServer();
  const reached = new Promise<void>(resolve => {
    proxy.on('connect', ({ url = '', headers }, socket: Socket) => {
      asked.push({ target: url, authorization: headers['proxy-authorization'] });
      socket.on('error', () => {}).on('end', () => socket.destroy());
      const [hostname, port] = url.split(':') as [string, string];
      tunnel(socket, { hostname, port: Number(port) });
      resolve();
    });
  });
  const { sockets } = await listening(proxy);
  return { url: `http://127.0.0.1:${portOf(proxy)}`, asked, sockets, reached };
}

describe('a proxy', () => {
  const named = (url: string): ChatClientOptions => ({ connection: { proxy: url } });
  const ofEnvironment = (names: Record<string, string>, options: ChatClientOptions) => () => {
    for (const [name, value] of Object.entries(names)) vi.stubEnv(name, value);
    return options;
  };
  const env = { connection: { proxy: 'env' } } as const;

  test.each<{ name: string; options: (url: string) => ChatClientOptions; scheme: 'http' | 'https'; used: number }>([
    { name: 'by its address', options: named, scheme: 'https', used: 1 },
    { name: 'by its address, for http', options: named, scheme: 'http', used: 1 },
    { name: 'of HTTPS_PROXY', options: url => ofEnvironment({ HTTPS_PROXY: url }, env)(), scheme: 'https', used: 1 },
    { name: 'of HTTP_PROXY', options: url => ofEnvironment({ HTTP_PROXY: url }, env)(), scheme: 'http', used: 1 },
    {
      name: 'of HTTPS_PROXY, as Node is told to heed it',
      options: url => ofEnvironment({ HTTPS_PROXY: url, NODE_USE_ENV_PROXY: '1' }, {})(),
      scheme: 'https',
      used: 1,
    },
    {
      name: 'of HTTPS_PROXY, not asked for',
      options: url => ofEnvironment({ HTTPS_PROXY: url }, {})(),
      scheme: 'https',
      used: 0,
    },
    {
      name: 'but not for whom NO_PROXY names',
      options: url => ofEnvironment({ HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' }, env)(),
      scheme: 'https',
      used: 0,
    },
    {
      name: 'by its address, whatever NO_PROXY says',
      options: url => ofEnvironment({ NO_PROXY: '*' }, named(url))(),
      scheme: 'https',
      used: 1,
    },
  ])('$name: $used times', async ({ options, scheme, used }) => {
    const url = scheme === 'https' ? await tlsServer() : (await simulate({ answer: () => 'Hi' })).url;
    const proxy = await proxyServer();
    const client = clientFor({ url }, {}, options(proxy.url.replace('//', '//me:pa%20ss@')));
    expect(await text(client)).toContain('Hi');
    expect(proxy.asked).toEqual(
      Array(used).fill({ target: new URL(url).host, authorization: `Basic ${btoa('me:pa ss')}` }),
    );
  });

  test('that refuses, or says nothing, is an error that says so; none shows its password', async () => {
    const refusing = await proxyServer(socket => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    const silent = await proxyServer(() => {});
    const failure = async (proxy: string, timeouts = {}) => {
      const client = clientFor(
        { url: 'https://api.example.com/v1' },
        {},
        { connection: { proxy }, timeouts, retry: { maxRetries: 0 } },
      );
      const { error } = await record(client.stream(ask())).end;
      return error as Error & { kind: string; phase?: string };
    };
    const refused = await failure(refusing.url);
    expect(refused).toMatchObject({ kind: 'connection' });
    expect(refused.message).toBe(
      'The connection to https://api.example.com failed (Proxy response (407) !== 200 when HTTP Tunneling). ' +
        'Check the proxy, the network and base_url.',
    );
    expect(await failure(silent.url, { connect: 50 })).toMatchObject({ kind: 'stream_timeout', phase: 'connect' });
    vi.stubEnv('HTTPS_PROXY', 'http://me:secret@[nowhere');
    const wrong = await failure('env');
    expect(wrong).toMatchObject({ kind: 'connection', retryable: false });
    expect(JSON.stringify(wrong) + String(wrong.cause) + wrong.message).not.toContain('secret');
    expect(() => createChatClient({}, { connection: { proxy: 'me:secret@nowhere:x' } })).not.toThrow('secret');
  });

  test.each([
    ['hangs up', (socket: Socket) => socket.destroy()],
    ['ends', (socket: Socket) => socket.end()],
  ])('that %s is asked once', async (_, tunnel) => {
    const { url, asked } = await proxyServer(tunnel);
    const client = clientFor(
      { url: 'https://api.example.com/v1' },
      {},
      { connection: { proxy: url }, timeouts: { connect: Number.POSITIVE_INFINITY }, retry: { maxRetries: 0 } },
    );
    const { error } = await record(client.stream(ask())).end;
    expect(error).toMatchObject({ kind: 'connection', code: 'UND_ERR_SOCKET', retryable: true });
    expect(asked).toHaveLength(1);
  });

  test('that is in the environment and not used is in the advice', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
    const client = clientFor({ url: 'http://127.0.0.1:1/v1' }, {}, { retry: { maxRetries: 0 } });
    const { error } = await record(client.stream(ask())).end;
    expect((error as Error).message).toContain("HTTP_PROXY is not used unless connection.proxy is 'env'.");
  });

  const stages: readonly { name: string; tunnel: Tunnel }[] = [
    { name: 'for its answer', tunnel: () => {} },
    { name: 'for the handshake behind it', tunnel: socket => socket.write('HTTP/1.1 200 OK\r\n\r\n') },
  ];
  describe.each(stages)('while who asks waits $name', ({ tunnel }) => {
    test.each(ways)('is left at once by $name', async ({ kind, act }) => {
      const proxy = await proxyServer(tunnel);
      const windows = [{ limit: 5, per: '1h' }];
      const client = createChatClient(configFor({ url: 'https://api.example.com/v1' }, { windows }), {
        connection: { proxy: proxy.url },
        timeouts: { connect: 600_000 },
      });
      onTestFinished(() => client[Symbol.asyncDispose]());
      const controller = new AbortController();
      const run = record(client.stream(ask('hello', { signal: controller.signal })));
      await proxy.reached;

      act(run.subscription, controller, client);

      expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0, windows: [{ used: 1 }] });
      expect((run.error as { kind?: string } | undefined)?.kind).toBe(kind);
      await Promise.all(
        proxy.sockets.map(socket => socket.closed || new Promise(close => socket.resume().on('close', close))),
      );
      expect(proxy.sockets).toHaveLength(1);
    });
  });
});

describe('HTTP/2', () => {
  /** What the server saw: requests, and connections. */
  async function h2Server(respond: (stream: ServerHttp2Stream) => void) {
    const bodies: string[] = [];
    const { server, sockets } = await listening(createSecureServer({ ...certificate, allowHTTP1: true }));
    server.on('stream', async (stream, headers) => {
      stream.on('error', () => {});
      bodies.push(`${headers[':method']} ${headers[':path']} ${headers.authorization ? 'with key' : ''}`);
      for await (const _ of stream) void _;
      respond(stream);
    });
    server.on('sessionError', () => {});
    return { url: `https://127.0.0.1:${portOf(server)}/v1`, bodies, sockets };
  }
  const http2 = { connection: { http2: true }, retry: { maxRetries: 0 } } as const;

  test('streams, and one after the other share a connection', async () => {
    const { url, bodies, sockets } = await h2Server(stream => {
      stream.respond({ ':status': 200, ...eventStream });
      stream.write(chunk('Hello '));
      stream.end(answer);
    });
    const client = clientFor({ url }, {}, http2);
    for (let count = 0; count < 3; count++) expect(await text(client)).toBe('Hello Hi');
    expect(bodies).toEqual(Array(3).fill('POST /v1/chat/completions with key'));
    expect(sockets.length).toBeLessThanOrEqual(2);
    await expect(text(clientFor({ url: await tlsServer() }, {}, http2))).resolves.toBe('Hi'); // a server without
  });

  test.each(ways)(
    'a stream that is left by $name is reset at once; but for close() its connection goes on',
    async ({ kind, act }) => {
      const resets: Promise<unknown>[] = [];
      const { url, sockets } = await h2Server(stream => {
        resets.push(once(stream, 'close'));
        stream.respond({ ':status': 200, ...eventStream });
        if (resets.length === 1) stream.write(chunk('Hello '));
        else stream.end(answer);
      });
      const client = clientFor({ url }, { windows: [{ limit: 5, per: '1h' }] }, http2);
      const controller = new AbortController();
      const run = record(client.stream(ask('hello', { signal: controller.signal })));
      await expect.poll(() => run.values).toHaveLength(1);
      act(run.subscription, controller, client);
      expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
      expect((run.error as { kind?: string } | undefined)?.kind).toBe(kind);
      await resets[0];
      if (kind === 'closed') return;
      expect(await text(client)).toBe('Hi');
      expect(sockets).toHaveLength(1);
    },
  );

  test('a connection that ends is an error of the answers in it, and nothing is sent again behind the pacer', async () => {
    let streams = 0;
    const { url, bodies } = await h2Server(stream => {
      streams++;
      stream.respond({ ':status': 200, ...eventStream });
      stream.write(chunk('Hello '));
      if (streams === 3) stream.session?.destroy();
    });
    const client = clientFor({ url }, {}, http2);
    const runs = [1, 2, 3].map(() => record(client.stream(ask())));
    const { error } = await Promise.race(runs.map(({ end }) => end));
    expect(error).toMatchObject({ kind: 'stream_broken' });
    expect(runs.filter(({ ended }) => ended)).toHaveLength(1);
    // The fourth comes after whatever else would have been sent.
    const fourth = record(client.stream(ask()));
    await expect.poll(() => fourth.values).toHaveLength(1);
    expect(bodies).toHaveLength(4);
  });
});

describe('a dispatcher of yours', () => {
  test('sends, and is not closed with the client', async () => {
    const dispatcher = new Agent({ connect: { ca: certificate.cert }, headersTimeout: 1, bodyTimeout: 1 });
    onTestFinished(() => dispatcher.close());
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', undefined);
    const url = await tlsServer();
    const client = clientFor({ url }, {}, { connection: { dispatcher } });
    expect(await text(client)).toBe('Hi');
    await lastValueFrom(client.close());
    expect([dispatcher.closed, dispatcher.destroyed]).toEqual([false, false]);
  });

  test('may be undici’s mock', async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    const pool = dispatcher.get('https://api.example.com');
    pool.intercept({ path: '/v1/chat/completions', method: 'POST' }).reply(200, answer, { headers: eventStream });
    const client = clientFor({ url: 'https://api.example.com/v1' }, {}, { connection: { dispatcher } });
    expect(await text(client)).toBe('Hi');
  });

  test.each([
    ['headers', { headers: { authorization: 'another' } }],
    ['body', { body: 'another' }],
  ])('that expects another %s: its words do not show the key or the prompt', async (_, expected) => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    dispatcher
      .get('http://m.test')
      .intercept({ path: '/v1/chat/completions', method: 'POST', ...expected })
      .reply(200, answer);
    const client = clientFor({ url: 'http://m.test/v1' }, {}, { connection: { dispatcher }, retry: { maxRetries: 0 } });
    const { error } = await record(client.stream(ask('a very secret prompt'))).end;
    expect(error).toMatchObject({ kind: 'connection', code: 'UND_MOCK_ERR_MOCK_NOT_MATCHED' });
    for (const secret of [KEY, 'secret prompt'])
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret);
  });

  test('that has a request in hand lets it go with its subscriber', async () => {
    const dispatcher = new Agent({ connections: 1 });
    onTestFinished(() => dispatcher.destroy());
    const simulator = await simulate({ tokensPerSecond: 50, answer: () => 'word '.repeat(40) });
    const client = clientFor(simulator, {}, { connection: { dispatcher } });
    const runs = [1, 2].map(() => record(client.stream(ask('a long one', { max_completion_tokens: 40 }))));
    await simulator.until(({ streams }) => streams === 1);
    runs[1]!.subscription.unsubscribe(); // it waits for a connection
    runs[0]!.subscription.unsubscribe();
    await simulator.until(({ open, connections }) => open === 0 && connections === 0);
    expect(simulator.stats().requests).toBe(1);
  });

  test('of another make is an error that says so', async () => {
    const dispatcher = {
      dispatch(): boolean {
        throw new TypeError('invalid onConnect method');
      },
    };
    const { error } = await record(
      clientFor({ url: 'http://x.invalid/v1' }, {}, { connection: { dispatcher } }).stream(ask()),
    ).end;
    expect(error).toMatchObject({ kind: 'connection', retryable: false });
    expect((error as Error).message).toContain('Is connection.dispatcher of undici 7 or newer?');
  });
});

test('a server that never shakes hands is a connect timeout, when it was said to be and not a second later', async () => {
  // Of asyncScheduler alone: sockets, and undici, have real ones.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { server } = await listening(createNetServer(socket => socket.on('error', () => {})));
  const timeouts = { connect: 60_000, head: 90_000 };
  const client = clientFor(
    { url: `https://127.0.0.1:${portOf(server)}/v1` },
    {},
    { timeouts, retry: { maxRetries: 0 } },
  );
  const run = record(client.stream(ask()));
  await once(server, 'connection');
  vi.advanceTimersByTime(59_999);
  await new Promise(setImmediate);
  expect(run.ended).toBe(false);
  vi.advanceTimersByTime(1);
  expect((await run.end).error).toMatchObject({ kind: 'stream_timeout', phase: 'connect', timeoutMs: 60_000 });
  expect(vi.getTimerCount()).toBe(0);
});

test('a header that undici does not send is an error that is not tried again', async () => {
  const client = clientFor({ url: 'http://127.0.0.1:1/v1' }, { headers: { expect: '100-continue' } });
  const { error } = await record(client.stream(ask())).end;
  expect(error).toMatchObject({ kind: 'connection', code: 'UND_ERR_NOT_SUPPORTED', retryable: false, attempts: 1 });
});

test.each([
  ['dispatcher', { dispatcher: {} }],
  ['proxy', { proxy: 'nowhere' }],
  ['http2', { http2: 'yes' }],
])('connection.%s out of its range is a TypeError', (name, connection) => {
  expect(() => createChatClient({}, { connection: connection as never })).toThrow(`connection.${name}: expected`);
});

import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { KEY } from '../client/harness.js';
import { MODEL, question, refusalOf, sdks } from '../fetch/sdks.js';
import { gatewayWith, post, raw } from './harness.js';

const JSON_HEADERS = { authorization: 'Bearer any' };
const secret = 'my-secret-prompt';

interface Row {
  readonly what: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly error?: Readonly<Record<string, unknown>>;
}

const rows: readonly Row[] = [
  { what: 'invalid JSON', body: `{"model": "${secret}"`, status: 400 },
  { what: 'an empty body', body: '', status: 400 },
  { what: 'null', body: 'null', status: 400 },
  { what: 'a list', body: '[]', status: 400 },
  { what: 'no model', body: { messages: [] }, status: 400, error: { param: 'model' } },
  { what: 'a model that is an object', body: { ...question(), model: {} }, status: 400, error: { param: 'model' } },
  {
    what: 'an unknown model',
    body: { ...question(), model: 'gpt-none' },
    status: 404,
    error: { code: 'model_not_found', param: 'model' },
  },
  { what: 'a model of Object', body: { ...question(), model: '__proto__' }, status: 404 },
  { what: 'no messages', body: { model: MODEL }, status: 400, error: { param: 'messages' } },
  { what: 'messages that are none', body: { model: MODEL, messages: [secret] }, status: 400 },
  {
    what: 'a tree too deep',
    body: `{"model":"${MODEL}","messages":[${'['.repeat(5000)}${']'.repeat(5000)}]}`,
    status: 400,
  },
  {
    what: 'a priority that is none',
    body: question(secret),
    headers: { 'x-priority': '0' },
    status: 400,
    error: { param: 'x-priority' },
  },
  { what: 'a text for JSON', body: question(secret), headers: { 'content-type': 'text/plain' }, status: 415 },
  {
    what: 'a form for JSON',
    body: 'a=b',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
  },
  {
    what: 'too large a body',
    body: { ...question(), user: 'x'.repeat(200_000) },
    status: 413,
    error: { code: 'request_too_large' },
  },
];

describe.each(rows)('$what', ({ body, headers, status, error }) => {
  it(`gets ${status} in the words of the API, and is not sent`, async () => {
    const { gateway, simulator } = await gatewayWith({ gateway: { maxBody: 100_000 } });
    const response = await post(gateway, body, { headers: { ...JSON_HEADERS, ...headers } });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json');
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      error: { message: expect.any(String), type: 'invalid_request_error', ...error },
    });
    expect(text).not.toContain(secret);
    expect(text).not.toContain(KEY);
    expect(simulator.stats()).toMatchObject({ requests: 0, invalid: 0 });
    expect((await post(gateway, question())).status).toBe(200); // and it goes on
  });
});

it('50 MB get a 413', async () => {
  const { gateway } = await gatewayWith();
  const response = await post(gateway, `{"user":"${'x'.repeat(50 * 1024 * 1024)}"}`);
  expect([response.status, (await response.json()).error.code]).toEqual([413, 'request_too_large']);
});

it('fields of the library are the library’s, not whoever sends them', async () => {
  const { gateway } = await gatewayWith();
  const requests: unknown[] = [];
  gateway.client.events$.subscribe(({ type, request }) => type === 'queued' && requests.push(request));
  const body = { ...question(), priority: 1, context: { tenant: 'another' }, queueTimeout: 1, fallbacks: ['gpt-none'] };
  expect((await post(gateway, body)).status).toBe(200);
  expect(requests).toEqual([{ ...question(), stream: false, priority: undefined, context: { tenant: undefined } }]);
});

describe('paths', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/../status'],
    ['GET', '//v1/models'],
    ['GET', '/v1/status'],
    ['GET', '/v1//models'],
    ['GET', '/openai/openai/v1/models'],
    ['GET', '/v1/models/..%2f..%2fetc%2fpasswd'],
    ['GET', '/v1/models/%E0%A4%A'],
    ['GET', '/v1/constructor'],
    ['GET', '/__proto__'],
    ['GET', 'http://evil.example/v1/models'],
    ['POST', '/v1/chat/completions/'],
    ['POST', '/v1/embeddings'],
  ])('%s %s is not found', async (method, path) => {
    const { gateway } = await gatewayWith();
    const answer = await raw(gateway, `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 .*"type":"invalid_request_error"/s);
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/models', 'GET'],
    ['POST', '/metrics', 'GET'],
  ])('%s %s says what would be right', async (method, path, allow) => {
    const { gateway } = await gatewayWith();
    const response = await fetch(new URL(path, gateway.url), { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['a line break in a header', 'GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-tenant: a\rb: c\r\n\r\n', 400],
    ['a header without end', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}`, 431],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    ['noise', '\x16\x03\x01\x02\x00 hello\r\n\r\n', 400],
  ])('%s', async (_, bytes, status) => {
    const { gateway } = await gatewayWith();
    const answer = await raw(gateway, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*"type":"invalid_request_error"`, 's'));
    expect((await post(gateway, question())).status).toBe(200);
  });
});

describe('what never ends', () => {
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n';
  it.each([
    ['a head', head],
    ['a body', `${head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"model`],
  ])('%s is cut off', async (_, bytes) => {
    const { gateway } = await gatewayWith({ gateway: { headTimeout: 200, requestTimeout: 300 } });
    expect(await raw(gateway, bytes)).toMatch(/^(HTTP\/1\.1 408 .*did not arrive in time|$)/s);
    // A busy machine may take that long for one, too.
    await expect.poll(() => post(gateway, question()).then(({ status }) => status)).toBe(200);
  });

  it('an answer that nobody reads is cut off, and the server behind with it', async () => {
    const { gateway, simulator } = await gatewayWith({
      simulator: { answer: () => 'word '.repeat(60_000) },
      gateway: { maxUnread: 100_000 },
    });
    const body = JSON.stringify({ ...question(), max_completion_tokens: 60_000, stream: true });
    const socket = connect(gateway.port, '127.0.0.1');
    const closed = new Promise(resolve => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.write(`${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    socket.pause();
    await simulator.until(({ requests, open }) => requests === 1 && open === 0);
    await expect.poll(() => gateway.client.limits(MODEL).inFlight).toBe(0);
    socket.resume();
    await closed;
  });
});

it('connections beyond the limit are told so and closed, the others go on', async () => {
  const { gateway } = await gatewayWith({ gateway: { maxConnections: 20 } });
  const held = await Promise.all(
    Array.from({ length: 20 }, () => {
      const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
      return new Promise<typeof socket>(resolve => socket.once('connect', () => resolve(socket)));
    }),
  );
  const body = JSON.stringify(question());
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  const asking = `${head}content-length: ${body.length}\r\n\r\n${body}`;
  const others = await Promise.all(Array.from({ length: 300 }, (_, index) => raw(gateway, index % 2 ? asking : '')));
  const [refusal, ...more] = new Set(others);
  expect(more).toEqual([]);
  expect(refusal).toMatch(/^HTTP\/1\.1 503 .*connection: close\r\n.*retry-after: 1\r\n/s);
  expect(JSON.parse(refusal!.split('\r\n\r\n')[1]!).error).toMatchObject({
    type: 'server_error',
    code: 'too_many_connections',
  });
  const [first, second] = held as [(typeof held)[0], (typeof held)[0]];
  const answer = new Promise(resolve => first.once('data', data => resolve(String(data).slice(0, 12))));
  first.write(asking);
  expect(await answer).toBe('HTTP/1.1 200');
  second.destroy();
  await expect.poll(() => post(gateway, question()).then(({ status }) => status)).toBe(200); // there is room again
  for (const socket of held) socket.destroy();
});

it('who is turned away is told so by his SDK', async () => {
  const { gateway } = await gatewayWith({ gateway: { maxConnections: 1 } });
  const held = connect(gateway.port, '127.0.0.1').on('error', () => {});
  await new Promise(resolve => held.once('connect', resolve));
  for (const { make } of sdks) {
    const asking = make({ url: gateway.url }).chat.completions.create(question());
    expect(await refusalOf(asking)).toMatchObject({ status: 503, code: 'too_many_connections' });
  }
  held.destroy();
});

describe('a client that is gone', () => {
  const body = JSON.stringify({ ...question('Why is the sky blue?'), stream: true });
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  const request = `${head}content-length: ${body.length}\r\n\r\n${body}`;
  const bytes = [0, 5, head.length, request.length - body.length, request.length - 1, request.length];

  it.each(['closed', 'reset'] as const)('after any byte of its request, %s, costs nobody anything', async how => {
    const { gateway, simulator } = await gatewayWith({ simulator: { tokensPerSecond: 20 } });
    for (const count of bytes) {
      const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
      await new Promise(resolve => socket.once('connect', resolve));
      await new Promise(resolve => (count ? socket.write(request.slice(0, count), resolve) : resolve(undefined)));
      if (how === 'closed') socket.end();
      else socket.resetAndDestroy();
    }
    expect((await post(gateway, question())).status).toBe(200);
    await expect.poll(() => gateway.client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
    await simulator.until(({ open }) => open === 0);
  });
});

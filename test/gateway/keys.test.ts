import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createChatClient } from 'rx-groq';
import { startGateway } from 'rx-groq/gateway';
import { expect, it, onTestFinished } from 'vitest';
import { closing, configFor, eventsOf, KEY } from '../client/harness.js';
import { EVENTS, echoServer } from '../fetch/echoServer.js';
import { MODEL, question } from '../fetch/sdks.js';
import { emptyFolder } from '../readme/folders.js';
import { beside, gatewayWith, post, raw } from './harness.js';

const hashOf = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`;
const keys = { web: hashOf('of-the-web'), batch: hashOf('of-the-batch') };
const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

it('lets in who has one of the keys, and notes whose it is', async () => {
  const { gateway } = await gatewayWith({ gateway: { keys } });
  const events = eventsOf(gateway.client);
  expect((await post(gateway, question(), bearer('of-the-web'))).status).toBe(200);
  expect(events[0]!.request!.context).toEqual({ tenant: 'web' });
});

it.each([
  ['another key', 'Bearer of-the-we'],
  ['no key', ''],
  ['a hash for a key', `Bearer ${keys.web}`],
  ['no bearer', 'Basic of-the-web'],
  ['two', 'Bearer of-the-web of-the-batch'],
])('refuses %s everywhere but at /healthz', async (_, authorization) => {
  const { gateway, simulator } = await gatewayWith({ gateway: { keys } });
  const { client, url } = gateway;
  const headers = { authorization };
  const response = await post(gateway, question(), { headers });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key', type: 'invalid_request_error' } });
  for (const path of ['/status', '/metrics', '/v1/models', '/nowhere']) {
    expect((await fetch(beside(gateway, path), { headers })).status).toBe(401);
  }
  expect((await fetch(`${url}/models`, { headers })).status).toBe(401);
  expect((await fetch(beside(gateway, '/healthz'), { headers })).status).toBe(200);
  expect(client.limits(MODEL).minute_used).toBe(0);
  expect(simulator.stats().requests).toBe(0);
});

it('reads them from a file', async () => {
  const folder = emptyFolder();
  onTestFinished(folder.remove);
  const file = join(folder.path, 'keys.json');
  writeFileSync(file, JSON.stringify(keys));
  const { gateway } = await gatewayWith({ gateway: { keys: file } });
  expect((await post(gateway, question(), bearer('of-the-batch'))).status).toBe(200);
  expect((await post(gateway, question(), bearer('of-nobody'))).status).toBe(401);
});

it.each([
  ['no JSON', '{'],
  ['no object', '["sha256:00"]'],
  ['a key in plain text', '{ "web": "of-the-web" }'],
  ['half a hash', '{ "web": "sha256:0123" }'],
])('does not start with a file that holds %s, and does not quote it', async (_, text) => {
  const folder = emptyFolder();
  onTestFinished(folder.remove);
  const file = join(folder.path, 'keys.json');
  writeFileSync(file, text);
  const error = await startGateway({ config: {}, keys: file }).catch(error => error);
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toMatch(/^keys: /);
  expect(error.message).not.toMatch(/of-the-web|0123/);
});

it.each(['0.0.0.0', '::', '192.0.2.1', 'example.org'])('serves nobody on %s without keys', async host => {
  await expect(startGateway({ config: {}, host })).rejects.toThrow(/on loopback only, not on .*keys file/);
});

it('without keys it has no other name than localhost', async () => {
  const { gateway } = await gatewayWith();
  const at = (host: string) => raw(gateway, `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  expect(await at(`localhost:${gateway.port}`)).toMatch(/^HTTP\/1\.1 200 /);
  expect(await at('evil.example')).toMatch(/^HTTP\/1\.1 421 .*misdirected_request/s);
});

it('hands on neither the client’s headers nor those of the server behind', async () => {
  const { url, heard } = await echoServer('text/event-stream', EVENTS);
  const client = closing(createChatClient(configFor({ url })));
  const gateway = await startGateway({ client, keys });
  onTestFinished(() => gateway.close());
  const headers = {
    authorization: 'Bearer of-the-web',
    'x-tenant': 'a',
    'x-priority': '1',
    'x-own': 'b',
    cookie: 'c=d',
  };
  const response = await post(gateway, { ...question(), stream: true }, { headers });
  expect(await response.text()).toBe(EVENTS);
  expect([...response.headers.keys()].filter(name => name.startsWith('x-ratelimit'))).toEqual([]);
  expect(response.headers.get('x-request-id')).toBe('req_1');
  expect(heard).toHaveLength(1);
  expect(heard[0]!.authorization).toBe(`Bearer ${KEY}`);
  for (const name of ['x-tenant', 'x-priority', 'x-own', 'cookie']) expect(heard[0]).not.toHaveProperty(name);
});

it.each([
  [
    'text/event-stream',
    `data: {"choices":[{"index":0,"delta":{"content":"${KEY}"}}]}\n\ndata: {"error":{"message":"${KEY}"}}\n\n`,
  ],
  [
    'application/json',
    `{"object":"chat.completion","choices":[{"index":0,"message":{"content":"${KEY}"},"finish_reason":"stop"}]}`,
  ],
])('the upstream key does not get out, though the server behind repeats it in its answer: %s', async (type, body) => {
  const { url } = await echoServer(type, body);
  const client = closing(createChatClient(configFor({ url }), { retry: { maxRetries: 0 } }));
  const gateway = await startGateway({ client });
  onTestFinished(() => gateway.close());
  const response = await post(gateway, { ...question(), stream: type === 'text/event-stream' });
  expect(await response.text()).toBe(body.replaceAll(KEY, '*'.repeat(KEY.length)));
});

it('tells a client nothing of the others: not what they ask, what they are called, or the key behind', async () => {
  const { gateway, simulator } = await gatewayWith({
    gateway: { keys },
    entry: { windows: [{ limit: 1, per: '1h' }] },
  });
  const theirs = { headers: { authorization: 'Bearer of-the-batch', 'x-tenant': 'the other firm' } };
  simulator.fault({
    kind: 'status',
    status: 400,
    body: { error: { message: `no, ${KEY}: what is the other's plan?` } },
  });
  await post(gateway, question("What is the other's plan?"), theirs);
  const gone = new AbortController();
  const waiting = post(gateway, question("What is the other's plan?"), { ...theirs, signal: gone.signal });
  await expect.poll(() => gateway.client.limits(MODEL).queued).toBe(1);

  const { headers } = bearer('of-the-web');
  const said: string[] = [];
  for (const body of ['{', { ...question(), model: 'none' }, { ...question(), messages: [] }]) {
    const response = await post(gateway, body, { headers });
    said.push(JSON.stringify([...response.headers]), await response.text());
  }
  for (const path of ['/metrics', '/v1/models', '/nowhere']) {
    said.push(await (await fetch(beside(gateway, path), { headers })).text());
  }
  const status = (await fetch(beside(gateway, '/status'), { headers })).body!.getReader();
  said.push(Buffer.from((await status.read()).value!).toString());
  await status.cancel();
  expect(said.join('\n').length).toBeGreaterThan(1000);
  expect(said.join('\n')).not.toMatch(/other's plan|other firm|batch|gsk_/);
  gone.abort();
  await expect(waiting).rejects.toThrow(/abort/);
});

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createChatClient } from 'rx-groq';
import { firstValueFrom, forkJoin } from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AT_ONCE, ask, clientFor, closing, configFor, KEY, MODEL, OTHER, record, simulate } from './harness.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

const vector = { object: 'list', data: [{ embedding: [0.1, 0.2] }], usage: { prompt_tokens: 7, total_tokens: 7 } };
const embedding = { model: MODEL, path: '/embeddings', body: { input: 'A lighthouse.' } };

/** A server that has these answers, one after the other and the last for ever: statuses with what they say. */
async function serving(...answers: (readonly [status: number, body: unknown] | 'silence')[]) {
  const seen: Seen[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse, text: string): void => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: text === '' ? undefined : JSON.parse(text) });
    const said = answers[Math.min(seen.length, answers.length) - 1]!;
    if (said === 'silence') return;
    response.writeHead(said[0], { 'content-type': 'application/json' });
    response.end(typeof said[1] === 'string' ? said[1] : JSON.stringify(said[1]));
  };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', data => {
      text += data;
    });
    request.on('end', () => answer(request, response, text));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/openai/v1`, seen };
}

describe('client.request', () => {
  test('sends the body with the model’s name to the path, and gives the answer', async () => {
    const server = await serving([200, vector]);
    const client = clientFor(server, { model: 'the-name-sent' });
    expect(await firstValueFrom(client.request(embedding))).toEqual(vector);
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        url: '/openai/v1/embeddings',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      },
    ]);
    expect(server.seen[0]?.body).toEqual({ input: 'A lighthouse.', model: 'the-name-sent' });
  });

  test('without a body it is a GET', async () => {
    const client = clientFor(await simulate());
    const models = await firstValueFrom(client.request<{ data: object[] }>({ model: MODEL, path: '/models' }));
    expect(models.data).toContainEqual(expect.objectContaining({ id: MODEL }));
  });

  test('is cold, and a request each time', async () => {
    const server = await serving([200, vector]);
    const embedding$ = clientFor(server).request(embedding);
    expect(server.seen).toEqual([]);
    await firstValueFrom(embedding$);
    await firstValueFrom(embedding$);
    expect(server.seen).toHaveLength(2);
  });

  test('is counted with the tokens of its text, and settled by the usage', async () => {
    const server = await serving([200, vector]);
    const client = clientFor(server, { dialect: 'openai', windows: [{ limit: 1000, per: '1h', unit: 'tokens' }] });
    let reserved = 0;
    client.events$.subscribe(({ type }) => {
      if (type === 'sent') reserved = client.limits(MODEL).windows[0]!.used;
    });
    await firstValueFrom(client.request({ ...embedding, body: { input: 'word '.repeat(300) } }));
    expect(reserved).toBeGreaterThan(250);
    expect(client.limits(MODEL).windows[0]?.used).toBe(7);
  });

  test.each([
    ['Responses', { input_tokens: 5, output_tokens: 6, total_tokens: 11 }, 11],
    ['only a total', { total_tokens: 12 }, 12],
    ['none', undefined, 40],
  ])('usage: %s', async (_, usage, used) => {
    const server = await serving([200, { output: 'Hello', usage }]);
    const client = clientFor(server, { dialect: 'openai', windows: [{ limit: 1000, per: '1h', unit: 'tokens' }] });
    const cost = { requests: 1, tokens: 40 };
    await firstValueFrom(client.request({ model: MODEL, path: '/responses', body: { input: 'Hi' }, cost }));
    expect(client.limits(MODEL).windows[0]?.used).toBe(used);
  });

  test('stands in the same line as chats, by priority', async () => {
    const server = await serving('silence', [200, vector]);
    const client = clientFor(server, { max_concurrent: 1 });
    const order: unknown[] = [];
    client.events$.subscribe(({ type, request }) => type === 'admitted' && order.push(request?.context));
    const first = record(client.request({ ...embedding, context: 'first' }));
    const last = record(client.request({ ...embedding, context: 'last', priority: 9 }));
    const chat = record(client.stream(ask('?', { context: 'chat' })));
    const urgent = record(client.request({ ...embedding, context: 'urgent', priority: 1 }));
    await expect.poll(() => server.seen.length).toBe(1);
    expect(client.limits(MODEL)).toMatchObject({ queued: 3, inFlight: 1 });
    first.subscription.unsubscribe();
    await Promise.all([urgent.end, chat.end, last.end]);
    expect(order.filter((context, at) => order.indexOf(context) === at)).toEqual(['first', 'urgent', 'chat', 'last']);
  });

  test('is sent again after a fault of the moment, and only the answer is emitted', async () => {
    const server = await serving([503, 'busy'], [500, { error: { message: 'Sorry.' } }], [200, vector]);
    const { values, log } = await record(clientFor(server, {}, { retry: AT_ONCE }).request(embedding)).end;
    expect(values).toEqual([vector]);
    expect(log).toEqual(['next', 'complete']);
    expect(server.seen).toHaveLength(3);
  });

  test('takes a fallback, under the fallback’s name', async () => {
    const server = await serving([404, { error: { message: 'gone', code: 'model_not_found' } }], [200, vector]);
    expect(await firstValueFrom(clientFor(server).request({ ...embedding, fallbacks: [OTHER] }))).toEqual(vector);
    expect(server.seen.map(({ body }) => (body as { model: string }).model)).toEqual([MODEL, OTHER]);
  });

  test.each([
    ['an error', [400, { error: { message: 'No such input.' } }], { kind: 'api', status: 400 }],
    ['an error with status 200', [200, { error: { message: 'No.' } }], { kind: 'api' }],
    ['a key that is not accepted', [401, { error: { message: 'Who?' } }], { kind: 'authentication' }],
    ['what is no JSON', [200, '{"data": ['], { kind: 'stream_broken' }],
  ] as const)('%s is typed', async (_, answer, error) => {
    const server = await serving(answer);
    const client = clientFor(server, {}, { retry: { maxRetries: 0 } });
    expect((await record(client.request(embedding)).end).error).toMatchObject({ ...error, model: MODEL });
  });

  test('unsubscribing, the signal and close() end it', async () => {
    const server = await serving('silence');
    const client = closing(createChatClient(configFor(server)));
    const controller = new AbortController();
    const left = record(client.request(embedding));
    const aborted = record(client.request({ ...embedding, signal: controller.signal }));
    const closed = record(client.request(embedding));
    await expect.poll(() => server.seen.length).toBe(3);
    left.subscription.unsubscribe();
    controller.abort();
    expect(aborted.error).toMatchObject({ kind: 'abort' });
    await firstValueFrom(client.close());
    expect(closed.error).toMatchObject({ kind: 'closed' });
    expect(left.ended).toBe(false);
  });

  test('many at once', async () => {
    const server = await serving([200, vector]);
    const client = clientFor(server);
    const inputs = Array.from({ length: 20 }, (_, n) => client.request({ ...embedding, body: { input: `${n}` } }));
    expect(await firstValueFrom(forkJoin(inputs))).toEqual(inputs.map(() => vector));
  });

  test.each([
    ['a path without a slash', { path: 'embeddings' }, 'path'],
    ['a body that JSON can not carry', { body: { big: 1n } }, 'body'],
    ['a priority that is none', { priority: 11 }, 'priority'],
    ['an unknown model', { model: 'unknown' }, 'model'],
  ])('%s is a request_invalid, and nothing is sent', async (_, wrong, field) => {
    const server = await serving([200, vector]);
    const { error } = await record(clientFor(server).request({ ...embedding, ...wrong })).end;
    expect(error).toMatchObject({ kind: 'request_invalid', field });
    expect(server.seen).toEqual([]);
  });
});

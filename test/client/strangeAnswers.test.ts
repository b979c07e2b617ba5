import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { AT_ONCE, ask, clientFor, MODEL, record } from './harness.js';

/* Answers that are nearly what they should be, over real sockets; see also test/decode/wireForms. */

async function serving(...answers: ((response: ServerResponse) => void)[]) {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    answers[Math.min(count++, answers.length - 1)]!(response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, requests: () => count };
}
const once = { maxRetries: 0 };
const stream = { 'content-type': 'text/event-stream' };
const event = (object: string, delta: object, finish_reason: string | null = null, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'x', object, created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`;
const odd = (delta: object, finish?: string, more?: object) => event('chat.completion', delta, finish, more);

// Foundry Local's did: the text was delivered, and after a break delivered again.
test('chunks that call themselves whole: what was delivered is not repeated', async () => {
  const server = await serving(
    response =>
      response.writeHead(200, stream).write(odd({ content: 'Hello' }), () => setImmediate(() => response.destroy())),
    response =>
      response
        .writeHead(200, stream)
        .end(`${event('chat.completion.chunk', { content: 'again' }, 'stop')}data: [DONE]\n\n`),
  );
  const { error, values } = await record(clientFor(server, {}, { retry: AT_ONCE }).stream(ask())).end;
  expect(error).toMatchObject({ kind: 'stream_broken', received: { length: 1 } });
  expect(values).toHaveLength(1);
});

test('watch: a whole answer in parts, as Mistral’s that reasons, is told as text', async () => {
  const content = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
    { type: 'text', text: 'Hello' },
  ];
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  const server = await serving(response =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices })),
  );
  const { values } = await record(clientFor(server).watch(ask('x', { stream: false }))).end;
  expect(values.at(-1)).toMatchObject({ state: 'done', text: 'Hello' });
});

// Its status is known, and maybe all of its words: no idle timeout, which would be sent again.
test('an error whose body stalls is that error', async () => {
  const server = await serving(response =>
    response.writeHead(401, { 'content-type': 'application/json' }).write('{"error":{"message":"no such key"}}'),
  );
  const client = clientFor(server, {}, { timeouts: { idle: 50 }, retry: AT_ONCE });
  const { error } = await record(client.stream(ask())).end;
  expect(error).toMatchObject({ kind: 'authentication', status: 401, message: expect.stringContaining('no such key') });
  expect(server.requests()).toBe(1);
});

test.each(['complete', 'request'] as const)('%s: a body that breaks off is told', async method => {
  const server = await serving(response =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .write('{"id":"x","choices":[', () => setImmediate(() => response.destroy())),
  );
  const client = clientFor(server, {}, { retry: once });
  const { error } = await record<unknown>(
    method === 'complete'
      ? client.complete(ask('x', { stream: false }))
      : client.request({ model: MODEL, path: '/embeddings', body: { input: 'x' } }),
  ).end;
  expect(error).toMatchObject({ kind: 'stream_broken', body: '{"id":"x","choices":[' });
});

// Nobody reads beyond 64 kB, but every byte says that the server is not silent.
test('a page without end is an error once it is longer than any error message', async () => {
  const server = await serving(response => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const more = (): void => void (response.destroyed || response.write('x'.repeat(50_000), () => setImmediate(more)));
    more();
  });
  const { error } = await record(clientFor(server, {}, { retry: once }).stream(ask())).end;
  expect(error).toMatchObject({ kind: 'stream_broken', message: expect.stringContaining('text/html') });
});

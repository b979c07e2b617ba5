import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toText } from 'rx-groq';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
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

/** Answers in one piece. */
const servingWhole = (message: object, object = 'chat.completion') => {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }];
  const body = JSON.stringify({ id: 'x', object, created: 1, model: 'm', choices });
  return serving(response => response.writeHead(200, { 'content-type': 'application/json' }).end(body));
};
const inOnePiece = ask('x', { stream: false });

test('watch: a whole answer in parts, as Mistral’s that reasons, is told as text', async () => {
  const content = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
    { type: 'text', text: 'Hello' },
  ];
  const { values } = await record(clientFor(await servingWhole({ content })).watch(inOnePiece)).end;
  expect(values.at(-1)).toMatchObject({ state: 'done', text: 'Hello' });
});

test.each([undefined, 'text_completion', 'chat.completion.chunk'])(
  'a whole answer that calls itself %j is one all the same',
  async object => {
    const client = clientFor(await servingWhole({ content: '{"a":1}' }, object));
    expect(await firstValueFrom(client.complete(inOnePiece).pipe(toText()))).toBe('{"a":1}');
    expect(await firstValueFrom(client.parse(inOnePiece, z.object({ a: z.number() })))).toEqual({ a: 1 });
    const progress = await lastValueFrom(client.watch(inOnePiece));
    expect(progress).toMatchObject({ state: 'done', text: '{"a":1}', completion: { object: 'chat.completion' } });
  },
);

test.each([
  { content: 5 },
  { content: null, tool_calls: [null] },
  { content: null, tool_calls: 'f()' },
  { content: null, tool_calls: [{ id: 'x', function: { name: 'f', arguments: { a: 1 } } }] },
])('a whole answer that can’t be read, %j, is an error as a chunk like it', async message => {
  const client = clientFor(await servingWhole(message), {}, { retry: once });
  const parsed = client.parse(inOnePiece, z.object({}));
  const run = client.runTools(inOnePiece, {});
  for (const source of [parsed, run, client.complete(inOnePiece)]) {
    expect((await record<unknown>(source).end).error).toMatchObject({ kind: 'stream_broken' });
  }
});

test('a whole answer is not asked for more than is read of it: an index, say, or arguments where a tool takes none', async () => {
  const call = { id: 'x', type: 'function', function: { name: 'f', arguments: null } };
  const message = { content: null, tool_calls: [call] };
  const choices = [{ index: null, message: { role: 'assistant', ...message }, finish_reason: 'tool_calls' }];
  const server = await serving(response =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices })),
  );
  const f = { parameters: z.object({}), run: () => 1 };
  const { values, error } = await record(clientFor(server).runTools(inOnePiece, { f }, { maxRounds: 2 })).end;
  expect(error).toBeUndefined();
  expect(values).toMatchObject([{ type: 'call', arguments: {} }, { ok: true }, { outcome: 'max_rounds' }]);
});

test('parse: the call of a tool that has no function is no JSON', async () => {
  const message = { content: null, tool_calls: [{ id: 'x', type: 'custom', custom: { name: 'f', input: 'x' } }] };
  const parsed = clientFor(await servingWhole(message)).parse(inOnePiece, z.object({}));
  expect((await record<unknown>(parsed).end).error).toMatchObject({ kind: 'answer_invalid', reason: 'empty' });
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

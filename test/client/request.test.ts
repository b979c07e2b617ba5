import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createChatClient } from 'rx-groq';
import { firstValueFrom, forkJoin } from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchTransport } from '../../src/transport/fetchTransport.js';
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
async function serving(...answers: (readonly [status: number, body: unknown, type?: string] | 'silence')[]) {
  const seen: Seen[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse, text: string): void => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: text === '' ? undefined : JSON.parse(text) });
    const said = answers[Math.min(seen.length, answers.length) - 1]!;
    if (said === 'silence') return;
    response.writeHead(said[0], { 'content-type': said[2] ?? 'application/json' });
    response.end(typeof said[1] === 'string' || said[1] instanceof Buffer ? said[1] : JSON.stringify(said[1]));
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

  test('a 204 is an answer, and is not asked for again', async () => {
    const server = await serving([204, '']);
    expect(await firstValueFrom(clientFor(server).request(embedding))).toBeNull();
    expect(server.seen).toHaveLength(1);
  });

  test('speech is a Blob with its type, and what it is not is still an error', async () => {
    const sound = randomBytes(100_000); // which no text could carry
    const server = await serving([200, sound, 'audio/wav'], [503, 'busy', 'audio/wav'], [200, sound, 'audio/wav']);
    const client = clientFor(server, {}, { retry: AT_ONCE });
    const speech = { model: MODEL, path: '/audio/speech', body: { input: 'Hello.', voice: 'hannah' } };
    for (let count = 0; count < 2; count++) {
      const blob = await firstValueFrom(client.request<Blob>(speech));
      expect(blob.type).toBe('audio/wav');
      expect(Buffer.from(await blob.arrayBuffer()).equals(sound)).toBe(true);
    }
    expect(server.seen).toHaveLength(3);
  });

  test.each([
    ['text/plain; charset=utf-8', 'Grüße aus dem Turm.', 'Grüße aus dem Turm.'],
    ['text/plain', '42', '42'],
    ['text/plain', '{"text":"Hi"}', { text: 'Hi' }],
    ['application/json', '{"text":"Hi"}', { text: 'Hi' }],
  ])('a transcription as %s: %s', async (type, said, answer) => {
    const client = clientFor(await serving([200, said, type]));
    expect(await firstValueFrom(client.request({ ...embedding, path: '/audio/transcriptions' }))).toEqual(answer);
  });

  test.each([
    ['text/html', '<html>Login</html>', 'stream_broken'],
    ['application/json', '{"text":', 'stream_broken'],
    ['text/plain', '{"error":{"message":"overloaded"}}', 'api'],
  ])('no answer as %s: %s', async (type, said, kind) => {
    const client = clientFor(await serving([200, said, type]), {}, { retry: { maxRetries: 0 } });
    expect((await record(client.request(embedding)).end).error).toMatchObject({ kind });
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

describe.each([
  ['undici', undefined],
  ['fetch', fetchTransport],
] as const)('bodies of other types, by %s', (_, make) => {
  /** A server that keeps the bytes of each request, and answers once with 503. */
  async function uploading(more: Parameters<typeof clientFor>[1] = {}) {
    const seen: { headers: IncomingMessage['headers']; bytes: Buffer<ArrayBuffer> }[] = [];
    const server = createServer(async (request, response) => {
      seen.push({ headers: request.headers, bytes: Buffer.concat(await request.toArray()) });
      response.writeHead(seen.length === 1 ? 503 : 200, { 'content-type': 'application/json' });
      response.end(seen.length === 1 ? 'busy' : '{"text":"Hello."}');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const transport = make?.();
    onTestFinished(() => transport?.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/openai/v1`;
    const options = { retry: AT_ONCE, ...(transport && { transport: transport.send }) };
    return { client: clientFor({ url }, { model: 'whisper', ...more }, options), seen };
  }
  const sound = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  const call = { model: MODEL, path: '/audio/transcriptions' };

  test('FormData is multipart, with the model’s name, its length, and its files as they are; also a second time', async () => {
    const { client, seen } = await uploading();
    const body = new FormData();
    body.set('file', new File([sound], 'täst.wav', { type: 'audio/wav' }));
    body.append('language', 'de');
    body.append('timestamp_granularities[]', 'word');
    body.append('timestamp_granularities[]', 'segment');
    expect(await firstValueFrom(client.request({ ...call, body }))).toEqual({ text: 'Hello.' });
    expect(seen).toHaveLength(2);
    for (const { headers, bytes } of seen) {
      expect(headers['content-length']).toBe(String(bytes.length));
      expect(headers['transfer-encoding']).toBeUndefined();
      const form = await new Response(bytes, { headers: { 'content-type': headers['content-type']! } }).formData();
      expect([...form.keys()]).toEqual(['model', 'file', 'language', ...Array(2).fill('timestamp_granularities[]')]);
      expect(form.get('model')).toBe('whisper');
      const file = form.get('file') as File;
      expect([file.name, file.type]).toEqual(['täst.wav', 'audio/wav']);
      expect(Buffer.from(await file.arrayBuffer()).equals(sound)).toBe(true);
      expect(form.getAll('timestamp_granularities[]')).toEqual(['word', 'segment']);
    }
    expect(body.has('model')).toBe(false);
  });

  test.each([
    ['a Blob, with its type', new Blob([sound], { type: 'audio/flac' }), 'audio/flac'],
    ['a Blob without a type', new Blob([sound]), 'application/octet-stream'],
    ['bytes', sound, 'application/octet-stream'],
    ['a part of bytes', Buffer.concat([Buffer.from('no'), sound]).subarray(2), 'application/octet-stream'],
  ])('%s', async (_, body, type) => {
    const { client, seen } = await uploading();
    await firstValueFrom(client.request({ ...call, body }));
    for (const { headers, bytes } of seen) {
      expect(headers).toMatchObject({ 'content-type': type, 'content-length': String(sound.length) });
      expect(bytes.equals(sound)).toBe(true);
    }
  });

  test('it takes the tokens of its texts, not of its bytes', async () => {
    const windows = [{ limit: 1000, per: '1h', unit: 'tokens' }] as const;
    const { client } = await uploading({ dialect: 'openai', windows });
    const body = new FormData();
    body.set('file', new Blob([sound]));
    body.set('prompt', 'word '.repeat(300));
    const reserved: number[] = [];
    client.events$.subscribe(({ type }) => type === 'sent' && reserved.push(client.limits(MODEL).windows[0]!.used));
    await firstValueFrom(client.request({ ...call, body }));
    expect(reserved[0]).toBeGreaterThan(250);
    expect(reserved[0]).toBeLessThan(500);
  });

  test.each([
    ['an ArrayBuffer', sound.buffer],
    ['a stream', new Blob([sound]).stream()],
    ['a list', [1]],
    ['URLSearchParams', new URLSearchParams('a=1')],
  ])('%s is a request_invalid that says what would do', async (_, body) => {
    const { client, seen } = await uploading();
    const { error } = await record(client.request({ ...call, body: body as never })).end;
    expect(error).toMatchObject({ kind: 'request_invalid', field: 'body' });
    expect((error as Error).message).toMatch(/expected an object, FormData, Blob or Uint8Array/);
    expect(seen).toEqual([]);
  });
});

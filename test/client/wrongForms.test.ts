import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { type ChatFailure, isChatError } from 'rx-groq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, clientFor, eventsOf, KEY, MODEL, record } from './harness.js';

/*
 * Each wrong form of an answer, over a real socket, is one typed error that says which request it was (in our books and in the server's),
 * its status, and how the body begins; and neither key nor prompt, however much a server likes to repeat them.
 */

const PROMPT = 'The patient is called Erika Mustermann and has a secret illness, says her doctor.';
const SHORT = 'Erika Mustermann'; // a part of it
const TOKEN = 'azure-style-key-0123456789abcdef'; // in no form that anybody knows

interface Row {
  readonly name: string;
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
  readonly gets: { readonly kind: ChatFailure['kind'] } & Readonly<Record<string, unknown>>;
  /** How `error.body` begins, if it is text. */
  readonly begins?: string;
  /** Only a stream can be wrong in this way. */
  readonly streamed?: true;
}

const json = 'application/json';
const echo = `key ${KEY}, token ${TOKEN}, prompt ${PROMPT}`;
const start =
  'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
const error = (more: object = {}): string =>
  JSON.stringify({ error: { message: `Can not do it: ${echo}`, type: 'x', ...more } });

const rows: readonly Row[] = [
  {
    name: 'HTML with status 200',
    type: 'text/html',
    body: `<!doctype html><p>Log in: ${echo}`,
    gets: { kind: 'stream_broken', status: 200 },
    begins: '<!doctype html><p>Log in: key',
  },
  {
    name: 'HTML with status 502',
    status: 502,
    type: 'text/html',
    body: `<html><h1>Bad gateway</h1>${echo}`,
    gets: { kind: 'api', status: 502, retryable: true },
    begins: '<html><h1>Bad gateway</h1>',
  },
  {
    name: 'HTML with status 403',
    status: 403,
    type: 'text/html',
    body: `<html>You have been blocked ${echo}`,
    gets: { kind: 'authentication', status: 403 },
    begins: '<html>You have been blocked',
  },
  {
    name: 'plain text with status 200',
    type: 'text/plain',
    body: `ok ${echo}`,
    gets: { kind: 'stream_broken', status: 200 },
    begins: 'ok key',
  },
  {
    name: 'plain text, longer than is kept',
    status: 500,
    type: 'text/plain',
    body: `${'long '.repeat(99)}${echo.repeat(20)}`,
    gets: { kind: 'api', status: 500 },
    begins: 'long '.repeat(99),
  },
  {
    name: 'XML',
    status: 503,
    type: 'application/xml',
    body: `<Error><Code>SlowDown</Code>${echo}</Error>`,
    gets: { kind: 'api', status: 503 },
    begins: '<Error><Code>SlowDown',
  },
  { name: 'nothing, as a stream', body: '', gets: { kind: 'stream_broken', status: 200, body: '' } },
  { name: 'nothing, as JSON', type: json, body: '', gets: { kind: 'stream_broken', status: 200, body: '' } },
  { name: '204', status: 204, body: '', gets: { kind: 'stream_broken', status: 204, body: '' } },
  {
    name: 'a redirect',
    status: 302,
    type: 'text/plain',
    body: 'Moved',
    gets: { kind: 'stream_broken', status: 302 },
    begins: 'Moved',
  },
  {
    name: '[DONE] alone',
    body: 'data: [DONE]\n\n',
    gets: { kind: 'stream_broken', status: 200 },
    begins: 'data: [DONE]',
    streamed: true,
  },
  {
    name: '[DONE] before a finish reason',
    body: `${start}data: [DONE]\n\n`,
    gets: { kind: 'stream_broken', status: 200, received: { length: 1 } },
    begins: start,
    streamed: true,
  },
  {
    name: 'the end before a finish reason',
    body: start,
    gets: { kind: 'stream_broken', status: 200, received: { length: 1 } },
    begins: start,
    streamed: true,
  },
  {
    name: 'no JSON in the stream',
    body: `${start}data: {"${echo}\n\n${start}`,
    gets: { kind: 'stream_broken', status: 200, received: { length: 1 } },
    begins: `${start}data: {"key`,
    streamed: true,
  },
  {
    name: 'JSON that is no chunk in the stream',
    body: `data: {"hello":"${echo}"}\n\n`,
    gets: { kind: 'stream_broken', status: 200 },
    begins: 'data: {"hello":"key',
    streamed: true,
  },
  {
    name: 'event: error',
    body: `${start}event: error\ndata: ${error({ code: 'tool_use_failed', status_code: 400 })}\n\n`,
    gets: { kind: 'api', status: 400, code: 'tool_use_failed', body: { type: 'x' } },
    streamed: true,
  },
  {
    name: 'event: error without JSON',
    body: `event: error\ndata: out of memory ${echo}\n\n`,
    gets: { kind: 'api', status: 200 },
    begins: 'out of memory',
    streamed: true,
  },
  {
    name: 'an error among the data',
    body: `data: ${error({ code: 502 })}\n\n`,
    gets: { kind: 'api', status: 502, retryable: true, body: { code: 502 } },
    streamed: true,
  },
  {
    name: 'an error in JSON with status 200',
    type: json,
    body: error(),
    gets: { kind: 'api', status: 200, body: { type: 'x' } },
  },
  {
    name: 'an error in JSON with status 400',
    status: 400,
    type: json,
    body: error({ code: 'bad' }),
    gets: { kind: 'api', status: 400, code: 'bad', body: { code: 'bad' } },
  },
  {
    name: 'what a validator found, with what it was given',
    status: 422,
    type: json,
    body: JSON.stringify({ detail: [{ msg: 'Wrong', input: echo }] }),
    gets: { kind: 'api', status: 422 },
    begins: '{"detail":[{"msg":"Wrong"',
  },
  {
    name: 'a wrong key',
    status: 401,
    type: json,
    body: error({ code: 'invalid_api_key' }),
    gets: { kind: 'authentication', status: 401, body: { code: 'invalid_api_key' } },
  },
  {
    name: 'a refusal',
    status: 429,
    type: json,
    body: JSON.stringify({ error: { message: `${PROMPT} Limit 30, Used 30, Requested 1. Please try again in 15m.` } }),
    gets: { kind: 'rate_limit', status: 429, limit: 30, retryAfterMs: 900_000 },
  },
  {
    name: 'too large',
    status: 413,
    type: json,
    body: JSON.stringify({ error: { message: `Request too large: Limit 6000, Requested 9000 ${echo}` } }),
    gets: { kind: 'request_too_large', status: 413, requested: 9000 },
  },
  {
    name: 'half an error',
    status: 500,
    type: json,
    body: error().slice(0, -10),
    gets: { kind: 'api', status: 500 },
    begins: '{"error":{"message":"Can not do it',
  },
  {
    name: 'half a completion',
    type: json,
    body: `{"id":"x","choices":[{"message":{"content":"${echo}`,
    gets: { kind: 'stream_broken', status: 200 },
    begins: '{"id":"x","choices"',
  },
  { name: 'null', type: json, body: 'null', gets: { kind: 'stream_broken', status: 200 }, begins: 'null' },
  {
    name: 'a completion without choices',
    type: json,
    body: '{"object":"chat.completion","choices":[]}',
    gets: { kind: 'stream_broken', status: 200 },
    begins: '{"object"',
  },
  {
    name: 'bytes that are no text',
    body: '\u0000\u0001\ufffd\u0002',
    gets: { kind: 'stream_broken', status: 200 },
    begins: '\u0000',
  },
];

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { status = 200, type = 'text/event-stream', body } = rows[Number(/\d+/.exec(request.url!)![0])]!;
    const headers = { 'content-type': type, 'x-request-id': 'req_theirs' };
    request.resume().on('end', () => response.writeHead(status, headers).end(status === 204 ? undefined : body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const ways = [
  { way: 'streamed', stream: true },
  { way: 'in one piece', stream: false },
];
describe.each(ways)('$way', ({ stream }) => {
  test.each(rows.map((row, at) => ({ ...row, at })).filter(row => stream || !row.streamed))(
    '$name',
    async ({ at, gets, begins }) => {
      const client = clientFor(
        { url: `${url}/${at}/v1` },
        { headers: { 'api-key': TOKEN } },
        { retry: { maxRetries: 0, maxRefusals: 0 } },
      );
      const events = eventsOf(client);
      const request = ask(PROMPT, { stream });
      const { error } = await record<unknown>(stream ? client.stream(request) : client.complete(request)).end;
      const id = events.find(({ type }) => type === 'failed')!.id;
      if (!isChatError(error)) throw new Error('no ChatError', { cause: error });
      expect(error).toMatchObject({ ...gets, model: MODEL, requestId: id, serverRequestId: 'req_theirs', attempts: 1 });
      if (begins !== undefined) {
        expect(error.body).toBeTypeOf('string');
        expect((error.body as string).slice(0, begins.length)).toBe(begins);
        expect((error.body as string).length).toBeLessThanOrEqual(500);
      }
      const printed = [
        error.message,
        error.stack,
        inspect(error, { depth: null, showHidden: true }),
        JSON.stringify(error),
      ].join();
      for (const secret of [KEY, TOKEN, PROMPT, SHORT]) expect(printed).not.toContain(secret);
      // What is like it and is none of it stays.
      expect(printed).toContain(MODEL);
    },
  );
});

test('the client goes on after all of them', async () => {
  const client = clientFor({ url: `${url}/0/v1` }, {}, { retry: { maxRetries: 0 } });
  for (let count = 0; count < 3; count++) await record(client.stream(ask())).end;
  expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  const { error } = await record(client.complete(ask())).end;
  expect(error).toMatchObject({ serverRequestId: 'req_theirs' });
});

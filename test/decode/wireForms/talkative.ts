import { KEY } from '../../client/harness.js';
import { formsOf, json } from './form.js';

/*
 * Wrong forms of servers that like to repeat what they were given: neither key nor prompt may be in the error that comes of them.
 */

export const PROMPT = 'The patient is called Erika Mustermann and has a secret illness, says her doctor.';
/** A part of it. */
export const NAME = 'Erika Mustermann';
/** In no form that anybody knows. */
export const TOKEN = 'azure-style-key-0123456789abcdef';

const echo = `key ${KEY}, token ${TOKEN}, prompt ${PROMPT}`;
const start =
  'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
const error = (more: object = {}): string =>
  JSON.stringify({ error: { message: `Can not do it: ${echo}`, type: 'x', ...more } });

export const talkative = formsOf('somebody who repeats what is secret', [
  {
    name: 'HTML with status 200',
    type: 'text/html',
    body: `<!doctype html><p>Log in: ${echo}`,
    error: { kind: 'stream_broken', status: 200 },
    begins: '<!doctype html><p>Log in: key',
  },
  {
    name: 'HTML with status 502',
    status: 502,
    type: 'text/html',
    body: `<html><h1>Bad gateway</h1>${echo}`,
    error: { kind: 'api', status: 502, retryable: true },
    begins: '<html><h1>Bad gateway</h1>',
  },
  {
    name: 'HTML with status 403',
    status: 403,
    type: 'text/html',
    body: `<html>You have been blocked ${echo}`,
    error: { kind: 'authentication', status: 403 },
    begins: '<html>You have been blocked',
  },
  {
    name: 'plain text with status 200',
    type: 'text/plain',
    body: `ok ${echo}`,
    error: { kind: 'stream_broken', status: 200 },
    begins: 'ok key',
  },
  {
    name: 'plain text, longer than is kept',
    status: 500,
    type: 'text/plain',
    body: `${'long '.repeat(99)}${echo.repeat(20)}`,
    error: { kind: 'api', status: 500 },
    begins: 'long '.repeat(99),
  },
  {
    name: 'XML',
    status: 503,
    type: 'application/xml',
    body: `<Error><Code>SlowDown</Code>${echo}</Error>`,
    error: { kind: 'api', status: 503 },
    begins: '<Error><Code>SlowDown',
  },
  { name: 'nothing, as a stream', body: '', error: { kind: 'stream_broken', status: 200, body: '' } },
  { name: 'nothing, as JSON', type: json, body: '', error: { kind: 'stream_broken', status: 200, body: '' } },
  { name: '204', status: 204, body: '', error: { kind: 'stream_broken', status: 204, body: '' } },
  {
    name: 'a redirect',
    status: 302,
    type: 'text/plain',
    body: 'Moved',
    error: { kind: 'stream_broken', status: 302 },
    begins: 'Moved',
  },
  {
    name: '[DONE] alone',
    body: 'data: [DONE]\n\n',
    error: { kind: 'stream_broken', status: 200 },
    begins: 'data: [DONE]',
  },
  {
    name: '[DONE] before a finish reason',
    body: `${start}data: [DONE]\n\n`,
    chunks: 1,
    text: 'Hi',
    error: { kind: 'stream_broken', status: 200, received: { length: 1 } },
    begins: start,
  },
  {
    name: 'the end before a finish reason',
    body: start,
    chunks: 1,
    text: 'Hi',
    error: { kind: 'stream_broken', status: 200, received: { length: 1 } },
    begins: start,
  },
  {
    name: 'no JSON in the stream',
    body: `${start}data: {"${echo}\n\n${start}`,
    chunks: 1,
    text: 'Hi',
    error: { kind: 'stream_broken', status: 200, received: { length: 1 } },
    begins: `${start}data: {"key`,
  },
  {
    name: 'JSON that is no chunk in the stream',
    body: `data: {"hello":"${echo}"}\n\n`,
    error: { kind: 'stream_broken', status: 200 },
    begins: 'data: {"hello":"key',
  },
  {
    name: 'event: error',
    body: `${start}event: error\ndata: ${error({ code: 'tool_use_failed', status_code: 400 })}\n\n`,
    chunks: 1,
    text: 'Hi',
    error: { kind: 'api', status: 400, code: 'tool_use_failed', body: { type: 'x' } },
  },
  {
    name: 'event: error without JSON',
    body: `event: error\ndata: out of memory ${echo}\n\n`,
    error: { kind: 'api', status: 200 },
    begins: 'out of memory',
  },
  {
    name: 'an error among the data',
    body: `data: ${error({ code: 502 })}\n\n`,
    error: { kind: 'api', status: 502, retryable: true, body: { code: 502 } },
  },
  {
    name: 'an error in JSON with status 200',
    type: json,
    body: error(),
    error: { kind: 'api', status: 200, body: { type: 'x' } },
  },
  {
    name: 'an error in JSON with status 400',
    status: 400,
    type: json,
    body: error({ code: 'bad' }),
    error: { kind: 'api', status: 400, code: 'bad', body: { code: 'bad' } },
  },
  {
    name: 'what a validator found, with what it was given',
    status: 422,
    type: json,
    body: JSON.stringify({ detail: [{ msg: 'Wrong', input: echo }] }),
    error: { kind: 'api', status: 422 },
    begins: '{"detail":[{"msg":"Wrong"',
  },
  {
    name: 'a wrong key',
    status: 401,
    type: json,
    body: error({ code: 'invalid_api_key' }),
    error: { kind: 'authentication', status: 401, body: { code: 'invalid_api_key' } },
  },
  {
    name: 'a refusal',
    status: 429,
    type: json,
    body: JSON.stringify({ error: { message: `${PROMPT} Limit 30, Used 30, Requested 1. Please try again in 15m.` } }),
    error: { kind: 'rate_limit', status: 429, limit: 30, retryAfterMs: 900_000 },
  },
  {
    name: 'too large',
    status: 413,
    type: json,
    body: JSON.stringify({ error: { message: `Request too large: Limit 6000, Requested 9000 ${echo}` } }),
    error: { kind: 'request_too_large', status: 413, requested: 9000 },
  },
  {
    name: 'half an error',
    status: 500,
    type: json,
    body: error().slice(0, -10),
    error: { kind: 'api', status: 500 },
    begins: '{"error":{"message":"Can not do it',
  },
  {
    name: 'half a completion',
    type: json,
    body: `{"id":"x","choices":[{"message":{"content":"${echo}`,
    error: { kind: 'stream_broken', status: 200 },
    begins: '{"id":"x","choices"',
  },
  { name: 'null', type: json, body: 'null', error: { kind: 'stream_broken', status: 200 }, begins: 'null' },
  {
    name: 'a completion without choices',
    type: json,
    body: '{"object":"chat.completion","choices":[]}',
    error: { kind: 'stream_broken', status: 200 },
    begins: '{"object"',
  },
  {
    name: 'bytes that are no text',
    body: '\u0000\u0001\ufffd\u0002',
    error: { kind: 'stream_broken', status: 200 },
    begins: '\u0000',
  },
]);

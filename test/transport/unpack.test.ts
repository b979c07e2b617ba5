import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as zlib from 'node:zlib';
import { createGzip, gzipSync } from 'node:zlib';
import type { ResponseHead } from 'rx-groq';
import { isChatError } from 'rx-groq';
import { expect, onTestFinished, test } from 'vitest';
import { undiciTransport } from '../../src/transport/undiciTransport.js';
import { ask, clientFor, MODEL, record } from '../client/harness.js';
import { ways } from '../invariants/ways.js';

/** What came of a request that is answered so: its text, and the error that ended it. */
async function exchange(
  headers: Record<string, string>,
  body: (response: ServerResponse) => unknown,
  onHead: (head: ResponseHead) => unknown = () => {},
) {
  const server = createServer((_, response) => body(response.writeHead(200, headers)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { send, close } = undiciTransport();
  onTestFinished(() => {
    close();
    server.closeAllConnections();
    server.close();
  });
  const pieces: Uint8Array[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return new Promise<{ url: string; text: string; head: ResponseHead | undefined; error: unknown }>(resolve => {
    let head: ResponseHead | undefined;
    const end = (error?: unknown) => resolve({ url, text: Buffer.concat(pieces).toString('latin1'), head, error });
    send({ url, method: 'GET', headers: {} }).subscribe({
      next(event) {
        if (event instanceof Uint8Array) return void pieces.push(event);
        head = event;
        onHead(event);
      },
      complete: end,
      error: end,
    });
  });
}

const gzip = { 'content-encoding': 'gzip' };
const packed = gzipSync('one two three');
/** A frame with one block that is not compressed (RFC 8878, section 3.1). */
const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x02, 0x11, 0x00, 0x00, 0x68, 0x69]);
const hasZstd = 'createZstdDecompress' in zlib;

test.each<{ name: string; headers: Record<string, string>; body: Uint8Array | string; text?: string; code?: string }>([
  { name: 'what is whole', headers: gzip, body: packed, text: 'one two three' },
  { name: 'upper case', headers: { 'content-encoding': ' GZip' }, body: packed, text: 'one two three' },
  { name: 'several parts', headers: gzip, body: Buffer.concat([packed, packed]), text: 'one two three'.repeat(2) },
  { name: 'no body at all', headers: gzip, body: '', text: '' },
  { name: 'what is cut', headers: gzip, body: packed.subarray(0, -4), code: 'Z_BUF_ERROR' },
  { name: 'what is nothing of the kind', headers: gzip, body: '{"error":"x"}', code: 'Z_DATA_ERROR' },
  {
    name: 'bytes behind the end',
    headers: { 'content-encoding': 'deflate' },
    body: Buffer.concat([zlib.deflateSync('hi'), packed]),
    text: 'hi',
  },
  { name: 'an encoding that is none', headers: { 'content-encoding': 'utf-8' }, body: 'hi', text: 'hi' },
  { name: 'an encoding like a property', headers: { 'content-encoding': 'constructor' }, body: 'hi', text: 'hi' },
  hasZstd
    ? { name: 'zstd', headers: { 'content-encoding': 'zstd' }, body: zstd, text: 'hi' }
    : { name: 'zstd, which this Node has not', headers: { 'content-encoding': 'zstd' }, body: zstd, code: 'none' },
])('unpacks, or fails for, $name', async ({ headers, body, text, code }) => {
  const { url, error, ...came } = await exchange(headers, response => response.end(body));
  if (text !== undefined) expect([error, came.text]).toEqual([undefined, text]);
  const unpacked = /gzip|deflate|zstd/i.test(headers['content-encoding']!);
  expect(Object.keys(came.head?.headers ?? {}).includes('content-encoding')).toBe(!unpacked);
  if (code !== undefined) expect(error).toMatchObject({ kind: 'connection', code: code === 'none' ? undefined : code });
  if (isChatError(error)) expect(error.message).toMatch(`The answer of ${new URL(url).origin} `);
});

test('what came before an error is told before it', async () => {
  const begun = zlib.gzipSync('abc', { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  const breaking = (response: ServerResponse): void => {
    response.write(begun, () => response.socket?.end()); // a reset could overtake what came before it
  };
  const { text, error } = await exchange(gzip, breaking);
  expect(text).toBe('abc');
  expect(error).toMatchObject({ kind: 'connection', code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });
});

test('while it is held the server must wait, and nothing is lost', async () => {
  const block = Buffer.alloc(1_000_000, 'x');
  let written = 0;
  let full = (): boolean => false;
  const write = (response: ServerResponse): void => {
    const packing = createGzip({ level: 0 }); // as large as before
    packing.pipe(response);
    full = () => packing.writableNeedDrain;
    const next = (): void => void (written++ < 40 ? packing.write(block, next) : packing.end());
    next();
  };
  let held = 0;
  const { text, error } = await exchange(gzip, write, async ({ pause, resume }) => {
    pause?.();
    let still = 0;
    const looks = (): number => {
      still = full() && written === held ? still + 1 : 0;
      held = written;
      return still;
    };
    await expect.poll(looks).toBe(5);
    resume?.();
  });
  expect(error).toBeUndefined();
  expect(held).toBeLessThan(30);
  expect(text.length).toBe(40_000_000);
});

test.each(ways)(
  'who leaves a compressed answer by $name frees socket and permit in the same turn',
  async ({ kind, act }) => {
    const chunk = { id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'a' } }] };
    const server = createServer((_, response) => {
      const packing = createGzip();
      packing.pipe(response.writeHead(200, { ...gzip, 'content-type': 'text/event-stream' }));
      packing.write(`data: ${JSON.stringify(chunk)}\n\n`);
      packing.flush();
    });
    const closed = new Promise(resolve => server.on('connection', socket => socket.on('close', resolve)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const client = clientFor({ url }, { windows: [{ limit: 5, per: '1h' }] });
    const controller = new AbortController();
    const run = record(client.stream(ask('x', { signal: controller.signal })));
    await expect.poll(() => run.values).toHaveLength(1);
    act(run.subscription, controller, client);
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
    expect((run.error as { kind?: string } | undefined)?.kind).toBe(kind);
    await closed;
    expect(run.values).toHaveLength(1);
  },
);

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createBrotliCompress, createDeflate, createDeflateRaw, createGzip } from 'node:zlib';
import type { ResponseHead, Transport } from 'rx-groq';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

/** What every transport that opens sockets of its own promises; `make` is called once a test. */
export function transportContract(name: string, make: () => { readonly send: Transport; close(): void }): void {
  /** A server for one test, the transport, and what the server has seen. */
  const serve = async (listener: RequestListener) => {
    const requests: IncomingMessage[] = [];
    const sockets = new Set<Socket>();
    let connections = 0;
    const server = createServer((request, response) => {
      requests.push(request);
      listener(request, response);
    });
    server.on('connection', socket => {
      connections++;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const transport = make();
    onTestFinished(() => {
      transport.close();
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const post = (path = '/', more: Partial<Parameters<Transport>[0]> = {}) =>
      transport.send({ url: url + path, method: 'POST', headers: {}, body: 'hello', ...more });
    return { url, transport, post, requests, sockets, opened: () => connections };
  };
  const all = (sent: ReturnType<Transport>) => lastValueFrom(sent.pipe(toArray()));
  const textOf = (events: readonly (ResponseHead | Uint8Array)[]) =>
    Buffer.concat(events.filter(event => event instanceof Uint8Array)).toString();
  const textLength = (events: readonly (ResponseHead | Uint8Array)[]) => Buffer.byteLength(textOf(events));
  /** Reads one piece of the body, says that it is enough, and goes. */
  const unsubscribedAfterEnough = (sent: ReturnType<Transport>) =>
    new Promise<void>(resolve => {
      let head: ResponseHead | undefined;
      const subscription = sent.subscribe(event => {
        if (event instanceof Uint8Array) {
          head?.enough?.();
          subscription.unsubscribe();
          resolve();
        } else head = event;
      });
    });
  /** The time for which a transport lets a body drain does not go by: its timers are RxJS's, those of sockets are not. */
  const holdTimers = (): void => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
  };
  const end = (text: string) => (_: IncomingMessage, response: ServerResponse) => void response.end(text);

  describe(name, () => {
    it('sends when it is subscribed, each time anew, and not before', async () => {
      const { post, requests } = await serve(end('hi'));
      const sent = post();
      expect(textOf(await all(sent))).toBe('hi');
      expect(textOf(await all(sent))).toBe('hi');
      expect(requests).toHaveLength(2);
    });

    it('sends method, path with query, headers and the body in UTF-8', async () => {
      let body = '';
      const { post, requests } = await serve(async (request, response) => {
        body = Buffer.concat(await request.toArray()).toString();
        response.end();
      });
      const headers = { 'content-type': 'application/json', authorization: 'Bearer gsk_x', 'x-team': 'blue' };
      await all(post('/deep/v1?b=2&a=1', { headers, body: 'Grüße 🦀' }));
      expect([requests[0]?.method, requests[0]?.url, body]).toEqual(['POST', '/deep/v1?b=2&a=1', 'Grüße 🦀']);
      expect(requests[0]?.headers).toMatchObject(headers);
      await all(post('/models', { method: 'GET', body: undefined as never }));
      expect([requests[1]?.method, requests[1]?.url]).toEqual(['GET', '/models']);
    });

    it('emits the head, with names in lower case and several values joined; then the bytes as they come', async () => {
      let more = (): void => {};
      const { post } = await serve((_, response) => {
        response.writeHead(200, [...['X-Request-Id', 'req_1'], ...['Via', 'a'], ...['Via', 'b']]);
        response.write(Buffer.from([0xf0, 0x9f]));
        more = () => void response.end(Buffer.from([0xa6, 0x80]));
      });
      const events: (ResponseHead | Uint8Array)[] = [];
      let complete = false;
      post().subscribe({
        next: event => {
          events.push(event);
          if (events.length === 2) more();
        },
        complete: () => {
          complete = true;
        },
      });
      await expect.poll(() => complete).toBe(true);
      expect(events[0]).toMatchObject({ status: 200, headers: { 'x-request-id': 'req_1', via: 'a, b' } });
      expect(events.slice(1).map(bytes => (bytes as Uint8Array).length)).toEqual([2, 2]);
      expect(textOf(events)).toBe('🦀');
    });

    it.each([204, 300, 304, 400, 429, 503])('takes %d for a response like any other', async status => {
      const { post, requests } = await serve((_, response) => {
        response.writeHead(status, { location: '/elsewhere' }).end([204, 304].includes(status) ? undefined : 'words');
      });
      const events = await all(post());
      expect(events[0]).toMatchObject({ status, headers: { location: '/elsewhere' } });
      expect(textOf(events)).toBe([204, 304].includes(status) ? '' : 'words');
      expect(requests).toHaveLength(1);
    });

    it('does not take a 1xx for the head, nor trailers for the body', async () => {
      const { post } = await serve((_, response) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload' });
        response.writeProcessing();
        response.writeHead(200, { trailer: 'x-sum' }).write('h');
        response.addTrailers({ 'x-sum': '2' });
        response.end('i');
      });
      const events = await all(post());
      expect(events.filter(event => !(event instanceof Uint8Array))).toMatchObject([{ status: 200 }]);
      expect(textOf(events)).toBe('hi');
    });

    it.each([
      ['gzip', createGzip],
      ['x-gzip', createGzip],
      ['deflate', createDeflate],
      ['deflate', createDeflateRaw],
      ['br', createBrotliCompress],
    ] as const)('unpacks what comes as %s, each piece when it has come', async (encoding, pack) => {
      const packing = pack();
      const packed = async (text: string): Promise<void> => {
        packing.write(text);
        await new Promise<void>(resolve => packing.flush(resolve));
      };
      const { post } = await serve((_, response) => {
        response.writeHead(200, { 'content-encoding': encoding });
        packing.pipe(response);
        void packed('a'.repeat(10));
      });
      const events: (ResponseHead | Uint8Array)[] = [];
      const more = [() => void packed('🦀'.repeat(100_000)), () => void packing.end('c')];
      await new Promise<void>((complete, error) => {
        post().subscribe({
          complete,
          error,
          next(event) {
            events.push(event);
            if ([10, 400_010].includes(textLength(events))) more.shift()?.();
          },
        });
      });
      expect(textOf(events)).toBe(`${'a'.repeat(10)}${'🦀'.repeat(100_000)}c`);
    });

    it.each([
      ['before the head', () => {}, 0],
      ['in the middle of the body', (response: ServerResponse) => void response.write('a'), 2],
      [
        'in the middle of a packed body',
        (response: ServerResponse) => {
          response.writeHead(200, { 'content-encoding': 'gzip' });
          const packing = createGzip();
          packing.pipe(response);
          packing.write('a');
          packing.flush();
        },
        2,
      ],
    ])('closes the socket when it is unsubscribed %s', async (_, begin, expected) => {
      const { post, requests, sockets } = await serve((_, response) => begin(response));
      const events: unknown[] = [];
      const errors: unknown[] = [];
      const subscription = post().subscribe({ next: event => events.push(event), error: error => errors.push(error) });
      await expect.poll(() => [requests.length, events.length]).toEqual([1, expected]);
      subscription.unsubscribe();
      await expect.poll(() => sockets.size).toBe(0);
      expect([events.length, errors]).toEqual([expected, []]);
    });

    it('opens no socket for who has gone in the same turn', async () => {
      const { post, requests } = await serve(end('hi'));
      post().subscribe().unsubscribe();
      await all(post());
      expect(requests).toHaveLength(1);
    });

    it('keeps the connection of who has had enough, if the body then ends', async () => {
      holdTimers();
      const { post, opened } = await serve((_, response) => {
        response.write('data: [DONE]\n\n');
        ended = new Promise(resolve => response.once('close', resolve));
        setImmediate(() => response.end());
      });
      let ended: Promise<unknown> | undefined;
      for (let count = 0; count < 10; count++) {
        await unsubscribedAfterEnough(post());
        await ended;
      }
      // The next may be sent before the end of the one before has come.
      expect(opened()).toBeLessThanOrEqual(2);
    });

    it('closes it if the body does not end', async () => {
      const { post, sockets } = await serve((_, response) => void response.write('data: [DONE]\n\n'));
      await unsubscribedAfterEnough(post());
      expect(sockets.size).toBe(1);
      await expect.poll(() => sockets.size).toBe(0);
    });

    it('closes it at once when all is closed, and no timer is left', async () => {
      holdTimers();
      const { post, sockets, transport } = await serve((_, response) => void response.write('data: [DONE]\n\n'));
      await unsubscribedAfterEnough(post());
      const closed = [...sockets].map(socket => once(socket, 'close'));
      expect(vi.getTimerCount()).toBe(1);
      transport.close();
      await Promise.all(closed);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('fails where nobody listens, and says where', async () => {
      const { url, transport } = await serve(end(''));
      const closed = createServer().listen(0, '127.0.0.1');
      await new Promise(resolve => closed.once('listening', resolve));
      const { port } = closed.address() as AddressInfo;
      await new Promise(resolve => closed.close(resolve));
      const dead = url.replace(/\d+$/, String(port));
      const sent = transport.send({ url: `${dead}/secret-path`, method: 'POST', headers: {}, body: '' });
      await expect(all(sent)).rejects.toMatchObject({ kind: 'connection', code: 'ECONNREFUSED' });
      await expect(all(sent)).rejects.toThrow(`The connection to ${dead} failed (ECONNREFUSED).`);
    });

    it('fails when the connection breaks in the middle of the body, after what had come', async () => {
      const { post } = await serve((_, response) => {
        response.writeHead(200, { 'content-length': 10 });
        response.write('abc', () => response.socket?.resetAndDestroy());
      });
      const events: (ResponseHead | Uint8Array)[] = [];
      const error = await new Promise<unknown>(resolve => {
        post().subscribe({ next: event => events.push(event), error: resolve });
      });
      expect(error).toMatchObject({ kind: 'connection' });
      expect(textOf(events)).toBe('abc');
    });

    it('fails what is under way when it is closed, and frees its sockets', async () => {
      const { post, requests, sockets, transport } = await serve((_, response) => void response.write('a'));
      const ends: unknown[] = [];
      for (let count = 0; count < 3; count++) post().subscribe({ error: error => ends.push(error.kind) });
      await expect.poll(() => requests).toHaveLength(3);
      transport.close();
      await expect.poll(() => sockets.size).toBe(0);
      await expect.poll(() => ends).toEqual(['connection', 'connection', 'connection']);
    });
  });
}

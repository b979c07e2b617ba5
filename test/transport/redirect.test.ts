import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isChatError, type TransportRequest } from 'rx-groq';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { fetchTransport } from '../../src/transport/fetchTransport.js';
import { undiciTransport } from '../../src/transport/undiciTransport.js';

/** A server that redirects its first requests so and answers those after them; and what it was asked. */
async function redirecting(...redirects: ((response: ServerResponse) => unknown)[]) {
  const asked: { line: string; key: string | undefined; body: string }[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const { method, url, headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    asked.push({ line: `${method} ${url}`, key: headers.authorization, body });
    const answer = redirects[asked.length - 1] ?? (response => response.end('here'));
    answer(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
}

const to = (status: number, location: string) => (response: ServerResponse) =>
  response.writeHead(status, { location }).end('There.');

type Make = typeof undiciTransport | typeof fetchTransport;

function ask(make: Make, url: string, method: 'GET' | 'POST' = 'POST') {
  const { send, close } = make();
  onTestFinished(close);
  const request: TransportRequest = { url, method, headers: { authorization: 'Bearer k' } };
  return send(method === 'GET' ? request : { ...request, body: 'hello' });
}

describe.each<[string, Make]>([
  ['undici', undiciTransport],
  ['fetch', fetchTransport],
])('%s: a redirection', (_name, make) => {
  test.each([
    ['POST', 307],
    ['POST', 308],
    ['GET', 301],
    ['GET', 303],
  ] as const)(
    'a %s that is redirected (%d) within its server goes there with all that it has',
    async (method, status) => {
      const { url, asked } = await redirecting(to(status, '/v1?a=1'), to(status, 'v2'));
      const [head, ...body] = await lastValueFrom(ask(make, `${url}/v0`, method).pipe(toArray()));
      expect(head).toMatchObject({ status: 200 });
      expect(Buffer.concat(body as Uint8Array[]).toString()).toBe('here');
      expect(asked.map(({ line }) => line)).toEqual([`${method} /v0`, `${method} /v1?a=1`, `${method} /v2`]);
      for (const { key, body } of asked) expect([key, body]).toEqual(['Bearer k', method === 'GET' ? '' : 'hello']);
    },
  );

  describe('is not followed, and what to do is said:', () => {
    const chat = '/v2/chat/completions';
    test.each<{
      name: string;
      status: number;
      location: (url: string, other: string) => string;
      says: string;
      times?: number;
    }>([
      {
        name: 'to another server, which would get the key',
        status: 307,
        location: (_, other) => `${other}${chat}?key=gsk_secret`,
        says: `HERE redirects (307) to OTHER${chat}, and a key goes to no other server. If it is right, set base_url to "OTHER/v2".`,
      },
      {
        name: 'with another scheme',
        status: 308,
        location: url => url.replace('http:', 'https:'),
        says: 'HERE redirects (308) to HERES/, and a key goes to no other server. If it is right, set base_url to "HERES/".',
      },
      {
        name: 'a POST that would become a GET',
        status: 302,
        location: () => chat,
        says: `HERE redirects (302) to HERE${chat}, which would lose the request. If it is right, set base_url to "HERE/v2".`,
      },
      {
        name: 'to nowhere',
        status: 308,
        location: () => 'http://[',
        says: 'HERE redirects (308) to what is no address. Check base_url.',
      },
      {
        name: 'to what is no place',
        status: 307,
        location: () => 'javascript:alert(1)',
        says: 'HERE redirects (307) to what is no address. Check base_url.',
      },
      {
        name: 'in a circle',
        status: 307,
        location: () => '/round',
        says: 'HERE redirects (307) for the 6th time, now to HERE/round. Check base_url.',
        times: 6,
      },
    ])('$name', async ({ status, location, says, times = 1 }) => {
      const other = await redirecting();
      const here = await redirecting(
        ...Array(9).fill((response: ServerResponse) => to(status, location(here.url, other.url))(response)),
      );
      const error = await lastValueFrom(ask(make, `${here.url}/v1`)).catch(error => error);
      expect(isChatError(error) && error).toMatchObject({ kind: 'api', status, retryable: false });
      const expected = says.replaceAll('HERES', here.url.replace('http:', 'https:'));
      expect(error.message).toBe(expected.replaceAll('HERE', here.url).replaceAll('OTHER', other.url));
      expect([here.asked.length, other.asked.length]).toEqual([times, 0]);
    });
  });

  const unread = (response: ServerResponse) => response.writeHead(307, { location: '/' }).write('The');

  test.each([
    // Bodies of redirections are read by undici, so that their connections can be kept, and left by fetch.
    ['while the redirection itself is read', make === undiciTransport ? 1 : 2, unread],
    ['where it leads', 2, to(307, '/there')],
  ])('who leaves %s closes the socket', async (_, requests, answer) => {
    const { url, asked, server } = await redirecting(answer, () => {});
    const closed = new Promise(resolve => server.on('connection', socket => socket.on('close', resolve)));
    const events: unknown[] = [];
    const subscription = ask(make, url).subscribe(event => events.push(event));
    await expect.poll(() => asked).toHaveLength(requests);
    subscription.unsubscribe();
    await closed;
    expect(events).toEqual([]);
    expect(asked).toHaveLength(requests);
  });
});

test('one whose address a browser does not tell says what to do', async () => {
  vi.stubGlobal('fetch', async () => ({ type: 'opaqueredirect', status: 0, headers: new Headers() }));
  onTestFinished(() => void vi.unstubAllGlobals());
  const error = await lastValueFrom(ask(fetchTransport, 'https://api.test/v1')).catch(error => error);
  expect(isChatError(error) && error).toMatchObject({
    kind: 'api',
    retryable: false,
    message: 'https://api.test redirects, and a browser hides where to. Set base_url to where it leads.',
  });
});

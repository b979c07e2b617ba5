import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ChatClient, createChatClient } from 'rx-groq';
import type { Observable } from 'rxjs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ask, configFor, eventsOf, MODEL, record } from '../client/harness.js';
import { sockets, ways } from './ways.js';

/*
 * The stages of the cancellation matrix that no HTTP server sees: the name is looked up, TLS shakes hands, the body is sent to somebody who does
 * not read. Whatever ends the request there, its socket is closed at once, not when the connection comes about or times out.
 */

const silentHost = 'silent.test';

interface Peer {
  readonly port: number;
  /** Those that were ever opened. */
  readonly accepted: Socket[];
  /** Resolves once it has read the first bytes. */
  readonly begun: Promise<void>;
}

/** A server that reads what comes first and then nothing, and never answers. */
async function deaf(): Promise<Peer> {
  const accepted: Socket[] = [];
  let begin = (): void => {};
  const begun = new Promise<void>(resolve => {
    begin = resolve;
  });
  const server = createServer(socket => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      begin();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    for (const socket of accepted) socket.destroy();
    await once(server.close(), 'close');
  });
  return { port: (server.address() as AddressInfo).port, accepted, begun };
}

/** Looks up `silentHost` until it is told to answer; resolves when it is asked. */
function silentLookup(): { asked: Promise<void>; answer(): void } {
  const waiting: (() => void)[] = [];
  let ask = (): void => {};
  const asked = new Promise<void>(resolve => {
    ask = resolve;
  });
  const real = dns.lookup;
  const lookup = (host: string, options: { all?: boolean }, callback: (...results: unknown[]) => void): void => {
    if (host !== silentHost) return void real(host, options, callback as never);
    waiting.push(() =>
      options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
    );
    ask();
  };
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(lookup as never);
  onTestFinished(() => spy.mockRestore());
  const answer = (): void => {
    for (const tell of waiting.splice(0)) tell();
  };
  return { asked, answer };
}

const stream = (client: ChatClient, signal: AbortSignal) => client.stream(ask('hello', { signal }));

interface Stage {
  readonly name: string;
  readonly url: (port: number) => string;
  /** @default a stream */
  readonly start?: (client: ChatClient, signal: AbortSignal) => Observable<unknown>;
}

const stages: readonly Stage[] = [
  { name: 'looking up the name', url: port => `http://${silentHost}:${port}/v1` },
  { name: 'looking up the name, for TLS', url: port => `https://${silentHost}:${port}/v1` },
  { name: 'shaking hands', url: port => `https://127.0.0.1:${port}/v1` },
  {
    name: 'uploading',
    url: port => `http://127.0.0.1:${port}/v1`,
    start: (client, signal) =>
      client.request({ model: MODEL, path: '/files', body: new Uint8Array(2e7), cost: { requests: 1 }, signal }),
  },
];

describe.each(stages)('$name', ({ url, start = stream }) => {
  test.each(ways)('$name', async ({ kind, act }) => {
    const peer = await deaf();
    const lookup = silentLookup();
    const before = sockets();
    const client = createChatClient(configFor({ url: url(peer.port) }, { windows: [{ limit: 5, per: '1h' }] }), {
      timeouts: { connect: 600_000 },
    });
    onTestFinished(() => client[Symbol.asyncDispose]());
    const controller = new AbortController();
    const run = record<unknown>(start(client, controller.signal));
    await Promise.race([peer.begun, lookup.asked]);

    act(run.subscription, controller, client);

    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0, windows: [{ used: 1 }] });
    expect((run.error as { kind?: string } | undefined)?.kind).toBe(kind);
    // The other side hears of it, although nobody has waited for any timeout; an answer to the look-up comes too late to connect.
    lookup.answer();
    await Promise.all(peer.accepted.map(socket => socket.closed || once(socket.resume(), 'close')));
    await expect.poll(sockets).toBeLessThanOrEqual(before);
    expect(peer.accepted.length).toBeLessThanOrEqual(1);
  });
});

test('close() is what it hears, not that its connection breaks, also where nothing would be tried again', async () => {
  const peer = await deaf();
  const client = createChatClient(configFor({ url: `https://127.0.0.1:${peer.port}/v1` }), {
    retry: { maxRetries: 0 },
  });
  const events = eventsOf(client);
  const run = record(client.stream(ask()));
  await peer.begun;
  client.close();
  expect(run.error).toMatchObject({ kind: 'closed' });
  expect(events.at(-1)).toMatchObject({ type: 'failed', error: run.error });
});

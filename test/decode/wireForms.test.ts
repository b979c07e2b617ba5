import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { type ChatChunk, createChatClient, isChatError, reasoningDeltas, toCompletion, toText } from 'rx-groq';
import { firstValueFrom, from, lastValueFrom, Observable, of, tap } from 'rxjs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { undiciTransport } from '../../src/transport/undiciTransport.js';
import { AT_ONCE, ask, clientFor, closing, eventsOf, KEY, MODEL, type Recorded, record } from '../client/harness.js';
import { type Form, NAME, PROMPT, TOKEN, wireForms } from './wireForms/index.js';

/*
 * Each form of answer, right or wrong, over a real socket: whole, byte by byte and in random pieces; and in memory cut in two at every place.
 * However it is cut, its chunks are the same, and so is its error.
 */

const once = { retry: { maxRetries: 0, maxRefusals: 0 }, tokenCounter: () => 1 };
const bytesOf = ({ body }: Form): Uint8Array => new TextEncoder().encode(body);
const byteByByte = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
/** Pieces of these bytes, cut anywhere; none is empty, as no read is. */
const piecesOf = (bytes: Uint8Array) =>
  fc.uniqueArray(fc.nat(bytes.length), { maxLength: 30 }).map(cuts => {
    const places = [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b);
    return places.slice(1).map((end, at) => bytes.subarray(places[at], end));
  });

const ran = { requests: 0, pieces: 0, cutInMemory: 0 };
afterAll(() => {
  const { requests, pieces, cutInMemory } = ran;
  process.stdout.write(
    `${wireForms.length} wire forms: ${requests} answers over a socket in ${pieces} pieces, ${cutInMemory} in memory\n`,
  );
});

test('every server of the table is here, in forty forms and more', () => {
  expect(wireForms.length).toBeGreaterThanOrEqual(40);
  expect(new Set(wireForms.map(({ server, name }) => `${server}: ${name}`)).size).toBe(wireForms.length);
  expect(wireForms.map(({ server }) => server)).toEqual(
    expect.arrayContaining([
      ...['OpenAI', 'Groq', 'Azure', 'OpenRouter', 'vLLM', 'SGLang'],
      ...['Ollama', 'llama.cpp', 'LM Studio', 'Mistral', 'Cerebras'],
    ]),
  );
});

/** What a subscriber saw, for comparison. */
function seen({ values, log, error }: Recorded<ChatChunk>): string {
  const { received } = (error ?? {}) as { received?: readonly ChatChunk[] };
  const { requestId, ...fields } = JSON.parse(JSON.stringify(error ?? {}));
  return JSON.stringify({ values, log, fields, received });
}

/** Says which request it was, in our books and in the server's, and how the body began; and no secret. */
function expectTyped(error: unknown, requestId: string, { error: gets, begins }: Form): void {
  if (!isChatError(error)) throw new Error('no ChatError', { cause: error });
  expect(error).toMatchObject({ ...gets, model: MODEL, requestId, serverRequestId: 'req_theirs', attempts: 1 });
  if (typeof error.body === 'string') expect(error.body.length).toBeLessThanOrEqual(500);
  if (begins !== undefined) expect(String(error.body).slice(0, begins.length)).toBe(begins);
  const printed = [
    error.message,
    error.stack,
    inspect(error, { depth: null, showHidden: true }),
    JSON.stringify(error),
  ].join();
  for (const secret of [KEY, TOKEN, PROMPT, NAME]) expect(printed).not.toContain(secret);
  expect(printed).toContain(MODEL); // what is like a secret and is none stays
}

describe('over a real socket', () => {
  /** What the server answers, in these pieces of its body. */
  let laid: { readonly form: Form; readonly pieces: readonly Uint8Array[] };
  let server: Server;
  let url: string;
  const network = undiciTransport();
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { form, pieces } = laid;
      const headers = { 'content-type': form.type, 'x-request-id': 'req_theirs', ...form.headers };
      request.resume().on('end', () => {
        response.writeHead(form.status, headers);
        // Each becomes a piece of HTTP's chunked framing, and is read as such, however TCP cuts and joins them.
        for (const piece of pieces) response.write(piece);
        response.end();
        ran.requests++;
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => {
    network.close();
    server.closeAllConnections();
    server.close();
  });

  /** A client that counts the pieces which it is given. */
  const connect = () => {
    const read = { pieces: 0, longest: 0 };
    const client = clientFor(
      { url },
      { headers: { 'api-key': TOKEN } },
      {
        ...once,
        transport: request =>
          network.send(request).pipe(
            tap(event => {
              if (!(event instanceof Uint8Array)) return;
              read.pieces++;
              read.longest = Math.max(read.longest, event.length);
            }),
          ),
      },
    );
    return { client, read, events: eventsOf(client) };
  };
  const request = ask(PROMPT);

  test.each(wireForms)('$server: $name', async form => {
    const { client, read, events } = connect();
    const failedId = (): string => events.findLast(({ type }) => type === 'failed')!.id;
    const bytes = form.status === 204 ? new Uint8Array() : bytesOf(form);
    const streamed = async (pieces: readonly Uint8Array[]) => {
      laid = { form, pieces };
      Object.assign(read, { pieces: 0, longest: 0 });
      const recorded = await record(client.stream(request)).end;
      ran.pieces += read.pieces;
      return recorded;
    };

    const whole = await streamed(bytes.length === 0 ? [] : [bytes]);
    const { values: chunks, log, error } = whole;
    expect(log.at(-1)).toBe(form.error ? 'error' : 'complete');
    if (form.error) expectTyped(error, failedId(), form);
    expect(chunks).toHaveLength(form.chunks);
    expect(await lastValueFrom(from(chunks).pipe(toText()))).toBe(form.text);
    expect(await lastValueFrom(from(chunks).pipe(reasoningDeltas(), toText()))).toBe(form.reasoning);
    const completion = await lastValueFrom(from(chunks).pipe(toCompletion()), { defaultValue: undefined });
    if (completion) {
      const { choices, usage } = completion;
      const calls = choices[0]?.message.tool_calls?.map(
        ({ function: { name, arguments: json } }) => `${name}(${json})`,
      );
      expect(calls).toEqual(form.calls);
      expect(usage).toEqual('usage' in form ? form.usage : usage);
      expect(completion).toMatchObject(form.answer ?? {});
      expect(completion).not.toHaveProperty('obfuscation');
    }

    // The same from `complete`; and where it is no matter of streaming, from an answer that is wanted in one piece.
    const completed = await record(client.complete(request)).end;
    expect(completed.values).toEqual(form.error ? [] : [completion]);
    if (form.error) expectTyped(completed.error, failedId(), form);
    if (form.error && (form.status >= 400 || form.type !== 'text/event-stream' || form.body === '')) {
      expectTyped((await record(client.complete({ ...request, stream: false })).end).error, failedId(), form);
    }

    expect(seen(await streamed(byteByByte(bytes)))).toBe(seen(whole));
    expect(read.longest).toBe(Math.min(1, bytes.length));
    const sameInPieces = fc.asyncProperty(piecesOf(bytes), async pieces => {
      expect(seen(await streamed(pieces))).toBe(seen(whole));
    });
    await fc.assert(sameInPieces, { numRuns: 4 });
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
    expect(client.limits(MODEL).windows.every(({ used }) => used >= 0)).toBe(true);
  });

  test('[DONE] ends the answer at once, although the server keeps the connection open', async () => {
    const open = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(wireForms.find(({ server, error }) => server === 'OpenAI' && !error)!.body);
    });
    await new Promise<void>(resolve => open.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      open.closeAllConnections();
      open.close();
    });
    const client = clientFor({ url: `http://127.0.0.1:${(open.address() as AddressInfo).port}/v1` });
    expect(await lastValueFrom(client.stream(ask()).pipe(toText()))).toBe('Grüße 🌍');
    expect(client.limits(MODEL)).toMatchObject({ inFlight: 0 });
  });
});

/** One client for all: its network gives the pieces that are laid there, in the turn in which it is asked. */
function clientOfPieces(form: Form): { read(pieces: readonly Uint8Array[]): string; close(): Promise<void> } {
  let laid: readonly Uint8Array[] = [];
  const head = { status: form.status, headers: { ...form.headers, 'content-type': form.type } };
  const client = createChatClient(
    { [MODEL]: { base_url: 'http://server.test/v1' } },
    {
      ...once,
      transport: () =>
        new Observable(subscriber => {
          subscriber.next(head);
          for (const piece of laid) if (!subscriber.closed) subscriber.next(piece);
          subscriber.complete();
        }),
    },
  );
  return {
    read(pieces) {
      laid = pieces;
      ran.cutInMemory++;
      return seen(record(client.stream(ask())));
    },
    close: async () => client[Symbol.asyncDispose](),
  };
}

describe.each(wireForms)('cut anywhere, in memory: $server: $name', form => {
  const bytes = bytesOf(form);
  const client = clientOfPieces(form);
  afterAll(client.close);

  test('in two at every place, and in random pieces', () => {
    const whole = client.read([bytes]);
    expect(JSON.parse(whole).log.at(-1)).toBe(form.error ? 'error' : 'complete');
    for (let place = 0; place <= bytes.length; place++) {
      const read = client.read([bytes.subarray(0, place), bytes.subarray(place)]);
      if (read !== whole) expect({ place, ...JSON.parse(read) }).toEqual(JSON.parse(whole));
    }
    const sameInPieces = fc.property(piecesOf(bytes), pieces => {
      expect(client.read(pieces)).toBe(whole);
    });
    fc.assert(sameInPieces, { numRuns: 20 });
  });
});

test('an error of the moment inside a stream is tried again, as long as nothing has been delivered', async () => {
  const bodies = [
    'data: {"error":{"code":502,"message":"Provider disconnected"}}\n\n',
    'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',
  ];
  const client = createChatClient(
    { [MODEL]: { base_url: 'http://server.test/v1' } },
    {
      tokenCounter: () => 1,
      retry: AT_ONCE,
      transport: () => of({ status: 200, headers: {} }, new TextEncoder().encode(bodies.shift() ?? '')),
    },
  );
  closing(client);
  expect(await firstValueFrom(client.stream(ask()).pipe(toText()))).toBe('Hi');
  expect(bodies).toEqual([]);
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { type ChatChunk, createChatClient, reasoningDeltas, toCompletion, toText } from 'rx-groq';
import { from, lastValueFrom, Observable, of } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AT_ONCE, ask, clientFor, closing, MODEL, type Recorded, record } from '../client/harness.js';
import { dialects, type Form } from './dialects.js';

/*
 * Each form of answer over a real socket; cut at every byte; and in random pieces. However it is cut, its chunks are the same, and so is its
 * error.
 */

const forms = dialects.flatMap(({ server, forms }) => forms.map(form => ({ server, ...form })));
const once = { retry: { maxRetries: 0, maxRefusals: 0 }, tokenCounter: () => 1 };

test('every server of the table is here, in forty forms and more', () => {
  expect(forms.length).toBeGreaterThanOrEqual(40);
  expect(dialects.map(({ server }) => server)).toEqual(
    expect.arrayContaining([
      ...['OpenAI', 'Groq', 'Azure', 'OpenRouter', 'vLLM', 'SGLang'],
      ...['Ollama', 'llama.cpp', 'LM Studio', 'Mistral', 'Cerebras'],
    ]),
  );
});

describe('over a real socket', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { status, type, body } = forms[Number(/\d+/.exec(request.url!)![0])]!;
      request.resume().on('end', () => response.writeHead(status, { 'content-type': type }).end(body));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test.each(forms.map((form, at) => ({ ...form, at })))('$server: $name', async ({ at, ...form }) => {
    const client = clientFor({ url: `${url}/${at}/v1` }, {}, once);
    const { values: chunks, log, error } = await record(client.stream(ask())).end;
    if (form.error) expect(error).toMatchObject({ ...form.error, attempts: 1 });
    expect(log.at(-1)).toBe(form.error ? 'error' : 'complete');
    expect(chunks).toHaveLength(form.chunks);
    expect(await lastValueFrom(from(chunks).pipe(toText()))).toBe(form.text);
    const reasoning$ = from(chunks).pipe(reasoningDeltas(), toText());
    expect(await lastValueFrom(reasoning$)).toBe(form.reasoning ?? '');
    if (chunks.length > 0) {
      const { choices, usage } = await lastValueFrom(from(chunks).pipe(toCompletion()));
      const calls = choices[0]?.message.tool_calls?.map(
        ({ function: { name, arguments: json } }) => `${name}(${json})`,
      );
      expect(calls).toEqual(form.calls);
      expect(usage).toEqual(form.usage ?? usage);
    }
  });
});

/** One client for all: its network gives the pieces that are laid there, in the turn in which it is asked. */
function clientOfPieces(form: Form): { read(pieces: readonly Uint8Array[]): string; close(): Promise<void> } {
  let laid: readonly Uint8Array[] = [];
  const head = { status: form.status, headers: { 'content-type': form.type } };
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
      return seen(record(client.stream(ask())));
    },
    close: async () => client[Symbol.asyncDispose](),
  };
}

/** What a subscriber saw, for comparison. */
function seen({ values, log, error }: Recorded<ChatChunk>): string {
  const { received } = (error ?? {}) as { received?: readonly ChatChunk[] };
  const { requestId, ...fields } = JSON.parse(JSON.stringify(error ?? {}));
  return JSON.stringify({ values, log, fields, received });
}

describe.each(forms)('$server: $name', form => {
  const bytes = new TextEncoder().encode(form.body);
  const client = clientOfPieces(form);
  const whole = client.read([bytes]);
  afterAll(client.close);

  test('cut at every byte', () => {
    expect(JSON.parse(whole)).toMatchObject({ values: { length: form.chunks } });
    expect(JSON.parse(whole).log.at(-1)).toBe(form.error ? 'error' : 'complete');
    for (let place = 0; place <= bytes.length; place++) {
      const read = client.read([bytes.subarray(0, place), bytes.subarray(place)]);
      if (read !== whole) expect({ place, ...JSON.parse(read) }).toEqual(JSON.parse(whole));
    }
  });

  test('byte by byte', () => {
    expect(client.read(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toBe(whole);
  });

  test('in random pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), cuts => {
        const places = [0, ...cuts, bytes.length].sort((a, b) => a - b);
        expect(client.read(places.slice(1).map((end, at) => bytes.subarray(places[at], end)))).toBe(whole);
      }),
      { numRuns: 50 },
    );
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
  expect(await lastValueFrom(client.stream(ask()).pipe(toText()))).toBe('Hi');
  expect(bodies).toEqual([]);
});

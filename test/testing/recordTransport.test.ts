import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatFailure, type ChatRequest, contentDeltas, createChatClient, type Transport, toText } from 'rx-groq';
import { marbleTransport, recordTransport, replayTransport } from 'rx-groq/testing';
import { concat, firstValueFrom, lastValueFrom, map, NEVER, Observable, of, take, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { configFor, KEY, MODEL, simulate } from '../client/harness.js';

const folder = mkdtempSync(join(tmpdir(), 'rx-groq-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, `${++files}.jsonl`);

const ask = (content: string): ChatRequest => ({ model: MODEL, messages: [{ role: 'user', content }] });
const config = { '*': { base_url: 'http://recorded.invalid/v1' } };
const clientOn = (transport: Transport) => createChatClient(config, { transport, tokenCounter: () => 1, retry: none });
const none = { maxRetries: 0, maxRefusals: 0 };
const inVirtualTime = (test: Parameters<TestScheduler['run']>[0]): void => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
};
const send = (transport: Transport, key: string) =>
  lastValueFrom(
    transport({
      url: 'http://recorded.invalid/v1/chat/completions?key=in_the_query',
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ about: key }),
    }).pipe(toArray()),
  );

describe('a conversation that was recorded', () => {
  it('with a real server is played back without one, and holds no key', async () => {
    const file = newFile();
    const simulator = await simulate();
    await using client = createChatClient(configFor(simulator), { transport: recordTransport(file) });
    const asked = ask('What is 7+7?');
    const [text, completion] = await Promise.all([
      firstValueFrom(client.stream(asked).pipe(toText())),
      firstValueFrom(client.complete({ ...asked, stream: false })),
    ]);
    expect(text).toBe('14 (simulated)');
    await simulator.close();

    expect(readFileSync(file, 'utf8')).not.toContain(KEY);
    const replayed = createChatClient(configFor(simulator), { transport: replayTransport(file) });
    expect(await firstValueFrom(replayed.stream(asked).pipe(toText()))).toBe(text);
    expect(await firstValueFrom(replayed.complete({ ...asked, stream: false }))).toEqual(completion);
  });

  it('keeps its timing, also in virtual time', () => {
    const file = newFile();
    inVirtualTime(({ cold, expectObservable }) => {
      const network = marbleTransport(() => cold('--a- 97ms b-c|'));
      const text$ = clientOn(recordTransport(file, { transport: network }))
        .stream(ask('Hello'))
        .pipe(contentDeltas());
      expectObservable(text$).toBe('--a- 97ms b-c|');
    });
    inVirtualTime(({ expectObservable }) => {
      const text$ = clientOn(replayTransport(file)).stream(ask('Hello')).pipe(contentDeltas());
      expectObservable(text$).toBe('--a- 97ms b-c|');
    });
  });

  it('keeps failures: of the server, of the connection, in mid-stream', () => {
    const file = newFile();
    const head = { status: 200, headers: { 'content-type': 'text/event-stream' } };
    const broken = new Observable<never>(subscriber => subscriber.error(new Error('reset')));
    const answers = [
      of({ status: 404, headers: {} }, new TextEncoder().encode('{"error":{"message":"gone","code":"no_model"}}')),
      broken,
      concat(of(head), broken),
    ];
    const kindsOn = (transport: Transport): string[] => {
      const kinds: string[] = [];
      for (const _ of answers) {
        const error = ({ kind }: ChatFailure): unknown => kinds.push(kind);
        inVirtualTime(() => void clientOn(transport).stream(ask('Hello')).subscribe({ error }));
      }
      return kinds;
    };
    let next = 0;
    const kinds = ['api', 'connection', 'stream_broken'];
    expect(kindsOn(recordTransport(file, { transport: () => answers[next++]! }))).toEqual(kinds);
    expect(kindsOn(replayTransport(file))).toEqual(kinds);
  });

  it('stalls where nobody waited for more', () => {
    const file = newFile();
    inVirtualTime(({ cold, expectObservable }) => {
      const network = marbleTransport(() => cold('--a-b-c|'));
      const text$ = clientOn(recordTransport(file, { transport: network }))
        .stream(ask('Hello'))
        .pipe(contentDeltas());
      expectObservable(text$.pipe(take(2))).toBe('--a-(b|)');
    });
    inVirtualTime(({ expectObservable }) => {
      const text$ = clientOn(replayTransport(file)).stream(ask('Hello')).pipe(contentDeltas());
      expectObservable(text$, '50ms !').toBe('--a-b');
    });
  });

  it('gives each answer once, in the order in which they were sent, to the request that it was to', () => {
    const file = newFile();
    inVirtualTime(({ cold, expectObservable }) => {
      const answers = [cold('----a|'), cold('-b|'), cold('-c|')];
      const client = clientOn(recordTransport(file, { transport: marbleTransport(() => answers.shift()!) }));
      // The second is sent after the first and ends before it.
      const both$ = of('same', 'same', 'other').pipe(map(content => client.stream(ask(content)).pipe(contentDeltas())));
      both$.subscribe(text$ => text$.subscribe());
      expectObservable(NEVER).toBe('');
    });
    inVirtualTime(({ expectObservable }) => {
      const client = clientOn(replayTransport(file));
      expectObservable(client.stream(ask('other')).pipe(contentDeltas())).toBe('-c|');
      expectObservable(client.stream(ask('same')).pipe(contentDeltas())).toBe('----a|');
      expectObservable(client.stream(ask('same')).pipe(contentDeltas())).toBe('-b|');
      const kind$ = client.stream(ask('same'));
      expectObservable(kind$).toBe('#', undefined, expect.objectContaining({ kind: 'connection' }));
    });
  });

  it('plays each byte as it came, also where a piece ends within a character', async () => {
    const file = newFile();
    const bytes = new TextEncoder().encode('größer 🙂');
    const pieces = [...bytes].map(byte => Uint8Array.of(byte));
    await send(recordTransport(file, { transport: () => of({ status: 200, headers: {} }, ...pieces) }), 'k');
    expect((await send(replayTransport(file), 'k')).slice(1)).toEqual(pieces);
  });
});

describe('no recording shows', () => {
  const key = 'an odd/key:of=no known+form';
  const known = 'gsk_abcdefgh12345678';

  it.each([
    ['the key in a piece', [`your key ${key}!`]],
    ['the key in two pieces', [`your key ${key.slice(0, 9)}`, `${key.slice(9)}!`]],
    ['a key of another in two pieces', [`gsk_abcd`, `efgh12345678 and ${known}`]],
  ])('%s', async (_, texts) => {
    const file = newFile();
    const bytes = texts.map(text => new TextEncoder().encode(text));
    const headers = { 'set-cookie': 'session=1', 'x-echo': key, 'x-organization': 'org_01jabc' };
    const network: Transport = () => of({ status: 401, headers }, ...bytes);
    await send(recordTransport(file, { transport: network }), key);
    const written = readFileSync(file, 'utf8');
    for (const secret of [key, known, 'session=1', 'org_01jabc', 'in_the_query']) expect(written).not.toContain(secret);
    // Told apart by what is left of the request, so that any key plays it back.
    const [head, ...body] = await send(replayTransport(file), 'another key');
    expect(head).toMatchObject({ status: 401, headers: { 'x-echo': '…' } });
    const text = body.map(part => new TextDecoder().decode(part as Uint8Array)).join('');
    expect(text).not.toContain(key);
    expect(text).toMatch(/your key …!|gsk_… and gsk_…/);
  });
});

describe('what is no recording', () => {
  it.each(['{"a":1}', 'not JSON', '[]', 'null'])('is told with its line: %s', line => {
    const file = newFile();
    writeFileSync(file, `${line}\n`);
    expect(() => replayTransport(file)).toThrow(`${file}:1 is no exchange that recordTransport wrote`);
  });

  it('and a path that can’t be read or written, at once', () => {
    expect(() => replayTransport(join(folder, 'none'))).toThrow('ENOENT');
    expect(() => recordTransport(join(folder, 'none', 'x'))).toThrow('ENOENT');
  });
});

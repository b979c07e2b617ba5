import { createChatClient } from 'rx-groq';
import { pacedFetch } from 'rx-groq/fetch';
import { BehaviorSubject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { clientFor, closing, configFor, eventsOf, KEY, simulate } from '../client/harness.js';
import { EVENTS, echoServer, WHOLE } from './echoServer.js';
import { type BenchOptions, officialClient } from './officialClients.js';
import { MODEL, question, type Sdk, type SdkOptions, sdks, textOf } from './sdks.js';

async function bench(make: (options: SdkOptions) => Sdk, { simulator: settings, entry }: BenchOptions = {}) {
  const simulator = await simulate({ apiKeys: [KEY], ...settings });
  const client = clientFor(simulator, entry);
  const sdk = make({ url: simulator.url, fetch: pacedFetch(client) });
  return { simulator, sdk, queued: () => client.limits(MODEL).queued };
}

describe.each(sdks)('$name through pacedFetch', ({ make }) => {
  officialClient(make, bench);

  it('gets a fault of the moment as the server sent it, for its own retries', async () => {
    const { sdk, simulator } = await bench(make);
    simulator.fault({ kind: 'status', status: 503 });
    await expect(sdk.chat.completions.create(question())).rejects.toMatchObject({ status: 503 });
    expect(simulator.stats().requests).toBe(1);
    simulator.fault({ kind: 'status', status: 503 });
    const patient = make({ url: simulator.url, fetch: pacedFetch(clientFor(simulator)), maxRetries: 1 });
    expect((await patient.chat.completions.create(question())).choices[0]!.message.content).toBe('14 (simulated)');
  });

  it('has a failed connection as one', async () => {
    const client = clientFor({ url: 'http://127.0.0.1:1/openai/v1' });
    const sdk = make({ url: 'http://127.0.0.1:1/openai/v1', fetch: pacedFetch(client) });
    await expect(sdk.chat.completions.create(question())).rejects.toThrow(/connection/i);
  });
});

const [{ make: openai }] = sdks as [(typeof sdks)[0]];

describe('the line', () => {
  it('is the client’s own: its requests and those of the fetch go by their priorities', async () => {
    const simulator = await simulate();
    const gate$ = new BehaviorSubject(false);
    const client = clientFor(simulator, { max_concurrent: 1 }, { gate$ });
    const sdk = openai({ url: simulator.url, fetch: pacedFetch(client) });
    const events = eventsOf(client);
    const create = (content: string, priority?: string) =>
      sdk.chat.completions.create(question(content), priority ? { headers: { 'x-rx-priority': priority } } : {});
    client.complete({ ...question('own 4'), priority: 4 }).subscribe();
    const all = [create('patient', '10'), create('usual'), create('urgent', '1')];
    await expect.poll(() => client.limits(MODEL).queued).toBe(4);
    gate$.next(true);
    await Promise.all(all);
    const sent = events.filter(event => event.type === 'sent').map(({ request }) => request!.messages[0]!.content);
    expect(sent).toEqual(['urgent', 'own 4', 'usual', 'patient']);
  });

  it('holds the windows', async () => {
    const per = 300;
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: [{ limit: 1, per }] });
    const sdk = openai({ url: simulator.url, fetch: pacedFetch(client) });
    await Promise.all([1, 2, 3].map(n => sdk.chat.completions.create(question(`What is ${n}+1?`))));
    const counted = simulator.requests().map(request => request.counted!);
    expect(counted[1]! - counted[0]!).toBeGreaterThanOrEqual(per);
    expect(counted[2]! - counted[1]!).toBeGreaterThanOrEqual(per);
  });

  it('refuses a priority that is none', async () => {
    const simulator = await simulate();
    const sdk = openai({ url: simulator.url, fetch: pacedFetch(clientFor(simulator)) });
    const asking = sdk.chat.completions.create(question(), { headers: { 'x-rx-priority': '11' } });
    await expect(asking).rejects.toMatchObject({ status: 400, param: 'x-rx-priority' });
  });
});

describe('what was reserved is settled', () => {
  const used = (client: ReturnType<typeof clientFor>) =>
    client.limits(MODEL).windows.find(({ unit }) => unit === 'tokens')!.used;
  const entry = { dialect: 'openai', token_per_minute: 8000 } as const;

  it('by the usage of an answer in one piece', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, entry);
    const sdk = openai({ url: simulator.url, fetch: pacedFetch(client) });
    const { usage } = await sdk.chat.completions.create({ ...question(), max_completion_tokens: 2000 });
    expect(used(client)).toBe(usage!.total_tokens);
  });

  it('by the usage of a stream, in a chunk that who did not ask for it does not see', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, entry);
    const sdk = openai({ url: simulator.url, fetch: pacedFetch(client) });
    const body = { ...question(), max_completion_tokens: 2000, stream: true } as const;
    expect(await textOf(await sdk.chat.completions.create(body))).toBe('14 (simulated)');
    const [{ used: tokens }] = simulator.requests() as [ReturnType<typeof simulator.requests>[0]];
    expect(used(client)).toBe(tokens.input + tokens.output);

    const asked = await sdk.chat.completions.create({ ...body, stream_options: { include_usage: true } });
    const last = [];
    for await (const chunk of asked) last[0] = chunk;
    expect(last[0]).toMatchObject({ choices: [], usage: { total_tokens: tokens.input + tokens.output } });
  });

  it('by what has come of one that is left', async () => {
    const simulator = await simulate({ tokensPerSecond: 20 });
    const client = clientFor(simulator, entry);
    const sdk = openai({ url: simulator.url, fetch: pacedFetch(client) });
    const body = { ...question('Why is the sky blue?'), max_completion_tokens: 2000, stream: true } as const;
    for await (const chunk of await sdk.chat.completions.create(body)) if (chunk.choices[0]!.delta.content) break;
    await expect.poll(() => used(client)).toBeLessThan(200);
    expect(client.limits(MODEL).inFlight).toBe(0);
  });
});

describe('the bytes', () => {
  it.each([
    ['text/event-stream', EVENTS, true],
    ['application/json', WHOLE, false],
  ])('pass as the server has sent them, and the headers as the SDK: %s', async (type, body, stream) => {
    const { url, heard } = await echoServer(type, body);
    const response = await pacedFetch(clientFor({ url }, { dialect: 'openai' }))(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'x-rx-priority': '1', 'x-own': 'kept', authorization: 'Bearer dummy' },
      body: JSON.stringify({ ...question(), stream }),
    });
    expect(response.headers.get('x-request-id')).toBe('req_1');
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toBe(body);
    expect(heard).toMatchObject([{ 'x-own': 'kept', authorization: `Bearer ${KEY}` }]);
    expect(heard[0]).not.toHaveProperty('x-rx-priority');
  });

  it('of what is no chat pass around the line', async () => {
    const { url, heard } = await echoServer('application/json', '{"object":"list"}');
    const client = clientFor({ url }, { windows: [{ limit: 0, per: 1000 }] });
    const headers = { authorization: 'Bearer any', 'x-rx-priority': '1' };
    const response = await pacedFetch(client)(`${url}/models`, { headers });
    expect(await response.json()).toEqual({ object: 'list' });
    expect(heard).toMatchObject([{ authorization: 'Bearer any' }]);
    expect(heard[0]).not.toHaveProperty('x-rx-priority');
  });

  it('that are no request are refused as the API would', async () => {
    const simulator = await simulate();
    const fetch = pacedFetch(clientFor(simulator));
    for (const body of ['{', '[]', 'null', '{"model":1}', `{"model":"${MODEL}","messages":[]}`]) {
      const response = await fetch(`${simulator.url}/chat/completions`, { method: 'POST', body });
      expect([response.status, (await response.json()).error.type]).toEqual([400, 'invalid_request_error']);
    }
    expect(simulator.stats()).toMatchObject({ requests: 0, invalid: 0 });
  });
});

describe('the key', () => {
  it('of the configuration goes to its own server in place of a dummy', async () => {
    const simulator = await simulate({ apiKeys: [KEY] });
    const sdk = openai({ url: simulator.url, apiKey: 'dummy', fetch: pacedFetch(clientFor(simulator)) });
    await sdk.chat.completions.create(question());
  });

  it('of the configuration goes to no other server: there the SDK’s own is sent', async () => {
    const simulator = await simulate({ apiKeys: ['of-the-sdk'] });
    const client = clientFor({ url: 'http://127.0.0.1:1/openai/v1' });
    const sdk = openai({ url: simulator.url, apiKey: 'of-the-sdk', fetch: pacedFetch(client) });
    await sdk.chat.completions.create(question());
  });

  it('need not be in the configuration', async () => {
    vi.stubEnv('GROQ_API_KEY', undefined);
    const simulator = await simulate({ apiKeys: ['of-the-sdk'] });
    const client = closing(createChatClient({ [MODEL]: { req_per_minute: 30 } }));
    const fetch = pacedFetch(client);
    await openai({ url: simulator.url, apiKey: 'of-the-sdk', fetch }).chat.completions.create(question());
    expect(client.limits(MODEL).minute_used).toBe(1);
    vi.unstubAllEnvs();
  });
});

it('takes a configuration, and makes the client itself', async () => {
  const simulator = await simulate();
  const sdk = openai({ url: simulator.url, fetch: pacedFetch(configFor(simulator)) });
  expect((await sdk.chat.completions.create(question())).choices[0]!.message.content).toBe('14 (simulated)');
});

it('refuses a client that is none of ours', async () => {
  const fetch = pacedFetch({ stream() {} } as never);
  const asking = fetch('http://127.0.0.1:1/chat/completions', { method: 'POST', body: JSON.stringify(question()) });
  await expect(asking).rejects.toThrow(/createChatClient/);
});

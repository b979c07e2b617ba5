import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, Output, streamText, tool } from 'ai';
import { createChatClient } from 'rx-groq';
import { pacedFetch } from 'rx-groq/fetch';
import { startSimulator } from 'rx-groq/simulator';
import { BehaviorSubject, filter, firstValueFrom } from 'rxjs';
import { z } from 'zod';

const name = 'openai/gpt-oss-20b';
const fast = { delayBefore: [0, 0], delayAfter: [0, 0], limits: { '*': { rpm: -1, rpd: -1, tpm: -1, tpd: -1 } } };

/** The SDK as its users make it, with one line more. */
async function bench(context, { simulator: more, entry, options } = {}) {
  const simulator = await startSimulator({ ...fast, ...more });
  const client = createChatClient({ [name]: { base_url: simulator.url, api_key: 'any', ...entry } }, options);
  const provider = createOpenAICompatible({
    name: 'paced',
    baseURL: simulator.url,
    apiKey: 'in the configuration',
    fetch: pacedFetch(client),
    supportsStructuredOutputs: true,
  });
  context.after(async () => {
    await firstValueFrom(client.close());
    await simulator.close();
  });
  return { simulator, client, ask: { model: provider(name), maxOutputTokens: 200, maxRetries: 0 } };
}

test('an answer whole and streamed, settled by its usage', async context => {
  const { ask, client, simulator } = await bench(context, { entry: { dialect: 'openai', token_per_minute: 8000 } });
  const { text, usage } = await generateText({ ...ask, prompt: 'What is 7+7?' });
  assert.equal(text, '14 (simulated)');
  const used = () => client.limits(name).windows.find(({ unit }) => unit === 'tokens').used;
  assert.equal(used(), usage.totalTokens);
  const { textStream } = streamText({ ...ask, prompt: 'What is 6*7?' });
  let streamed = '';
  for await (const delta of textStream) streamed += delta;
  assert.equal(streamed, '42 (simulated)');
  const tokens = simulator.requests().map(({ used: { input, output } }) => input + output);
  assert.equal(used(), tokens[0] + tokens[1]);
});

test('an object, and a tool that is run', async context => {
  const { ask } = await bench(context);
  const schema = z.object({ city: z.string() });
  const { output } = await generateText({ ...ask, prompt: 'Paris', output: Output.object({ schema }) });
  assert.equal(typeof output.city, 'string');
  const weather = tool({ inputSchema: schema, execute: async () => 'sunny' });
  const { toolResults } = await generateText({
    ...ask,
    prompt: 'Weather?',
    tools: { weather },
    toolChoice: 'required',
  });
  assert.deepEqual(
    toolResults.map(result => result.output),
    ['sunny'],
  );
});

test('sees no 429: its request waits and goes again', async context => {
  const { ask, simulator } = await bench(context);
  simulator.fault({ kind: 'status', status: 429, retryAfterMs: 50, times: 2 });
  assert.equal((await generateText({ ...ask, prompt: 'What is 7+7?' })).text, '14 (simulated)');
  assert.equal(simulator.stats().requests, 3);
});

test('gets an error with its status', async context => {
  const { ask, simulator } = await bench(context);
  simulator.fault({ kind: 'status', status: 400, body: { error: { message: 'too odd' } } });
  await assert.rejects(generateText({ ...ask, prompt: 'Hello' }), { statusCode: 400, message: 'too odd' });
});

test('an aborted request leaves the line, one by x-rx-priority overtakes', async context => {
  const gate$ = new BehaviorSubject(false);
  const { ask, client, simulator } = await bench(context, { entry: { max_concurrent: 1 }, options: { gate$ } });
  const queued = count => firstValueFrom(client.limits$(name).pipe(filter(limits => limits.queued === count)));
  const abort = new AbortController();
  const aborted = assert.rejects(generateText({ ...ask, prompt: 'never', abortSignal: abort.signal }), {
    name: 'AbortError',
  });
  await queued(1);
  const usual = generateText({ ...ask, prompt: 'usual' });
  await queued(2);
  const urgent = generateText({ ...ask, prompt: 'urgent', headers: { 'x-rx-priority': '1' } });
  await queued(3);
  abort.abort();
  await aborted;
  await queued(2);
  const sent = [];
  client.events$.subscribe(
    ({ type, request }) => type === 'sent' && sent.push(JSON.stringify(request.messages.at(-1).content)),
  );
  gate$.next(true);
  await Promise.all([usual, urgent]);
  assert.match(sent[0], /urgent/);
  assert.equal(simulator.stats().requests, 2);
});

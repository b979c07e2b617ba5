/** What an SDK must be able to do with the pacer as its fetch: each calls this with itself in a common form. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChatClient } from 'rx-groq';
import { pacedFetch } from 'rx-groq/fetch';
import { startSimulator } from 'rx-groq/simulator';
import { BehaviorSubject, filter, firstValueFrom } from 'rxjs';

export const name = 'openai/gpt-oss-20b';
const fast = { delayBefore: [0, 0], delayAfter: [0, 0], limits: { '*': { rpm: -1, rpd: -1, tpm: -1, tpd: -1 } } };

/**
 * @typedef {{ abort?: AbortSignal, priority?: string }} Asking
 * @typedef {{
 *   whole(prompt: string, asking?: Asking): Promise<{ text: string, tokens: number }>,
 *   streamed(prompt: string): AsyncIterable<string>,
 *   object(prompt: string): Promise<{ city: string }>,
 *   tool(prompt: string): Promise<unknown[]>,
 * }} Sdk
 * @param {(options: { url: string, fetch: typeof globalThis.fetch }) => Sdk} make as its users make it, without retries of its own
 * @param {{ status(error: unknown): number, aborted: RegExp }} errors
 */
export function pacedSdk(make, errors) {
  async function bench(context, { simulator: more, entry, options } = {}) {
    const simulator = await startSimulator({ ...fast, ...more });
    const client = createChatClient({ [name]: { base_url: simulator.url, api_key: 'any', ...entry } }, options);
    context.after(async () => {
      await firstValueFrom(client.close());
      await simulator.close();
    });
    return { simulator, client, sdk: make({ url: simulator.url, fetch: pacedFetch(client) }) };
  }

  test('an answer whole and streamed, settled by its usage', async context => {
    const { sdk, client, simulator } = await bench(context, { entry: { dialect: 'openai', token_per_minute: 8000 } });
    const { text, tokens } = await sdk.whole('What is 7+7?');
    assert.equal(text, '14 (simulated)');
    const used = () => client.limits(name).windows.find(({ unit }) => unit === 'tokens').used;
    assert.equal(used(), tokens);
    let streamed = '';
    for await (const delta of sdk.streamed('What is 6*7?')) streamed += delta;
    assert.equal(streamed, '42 (simulated)');
    const counted = simulator.requests().map(({ used: { input, output } }) => input + output);
    assert.equal(used(), counted[0] + counted[1]);
  });

  test('an object, and a tool that is run', async context => {
    const { sdk } = await bench(context);
    assert.equal(typeof (await sdk.object('Paris')).city, 'string');
    assert.deepEqual(await sdk.tool('Weather?'), ['sunny']);
  });

  test('sees no 429: its request waits and goes again', async context => {
    const { sdk, simulator } = await bench(context);
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 50, times: 2 });
    assert.equal((await sdk.whole('What is 7+7?')).text, '14 (simulated)');
    assert.equal(simulator.stats().requests, 3);
  });

  test('gets an error with its status', async context => {
    const { sdk, simulator } = await bench(context);
    simulator.fault({ kind: 'status', status: 400, body: { error: { message: 'too odd' } } });
    await assert.rejects(sdk.whole('Hello'), error => {
      assert.match(String(error), /too odd/);
      assert.equal(errors.status(error), 400);
      return true;
    });
  });

  test('an aborted request leaves the line, one by x-rx-priority overtakes', async context => {
    const gate$ = new BehaviorSubject(false);
    const { sdk, client, simulator } = await bench(context, { entry: { max_concurrent: 1 }, options: { gate$ } });
    const queued = count => firstValueFrom(client.limits$(name).pipe(filter(limits => limits.queued === count)));
    const abort = new AbortController();
    const aborted = assert.rejects(sdk.whole('never', { abort: abort.signal }), errors.aborted);
    await queued(1);
    const usual = sdk.whole('usual');
    await queued(2);
    const urgent = sdk.whole('urgent', { priority: '1' });
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
}

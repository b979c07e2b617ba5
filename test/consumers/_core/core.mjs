/** What the library is for, on a real socket, in whichever runtime runs this. */

import assert from 'node:assert/strict';
import { contentDeltas, createChatClient, isChatError, rateWindow, toText } from 'rx-groq';
import { pacedFetch } from 'rx-groq/fetch';
import { startGateway } from 'rx-groq/gateway';
import { startSimulator } from 'rx-groq/simulator';
import { fakeChatClient } from 'rx-groq/testing';
import { catchError, firstValueFrom, from, lastValueFrom, map, of, take, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

const model = 'openai/gpt-oss-20b';
const ask = (content, more = {}) => ({
  model,
  messages: [{ role: 'user', content }],
  max_completion_tokens: 50,
  ...more,
});
const unlimited = { rpm: -1, rpd: -1, tpm: -1, tpd: -1 };
const simulator = await startSimulator({ delayBefore: [0, 0], delayAfter: [0, 0], limits: { '*': unlimited } });
const entry = { base_url: simulator.url, api_key: 'any' };
const client = createChatClient({ [model]: entry });

// streams; counts; several at once, by their results
assert.equal(await firstValueFrom(client.stream(ask('What is 7+7?')).pipe(toText())), '14 (simulated)');
assert.equal(await firstValueFrom(client.countTokens(ask('hello'))), 72);
const questions = ['What is 6*7?', 'What is 9-4?'];
const results = await lastValueFrom(
  from(questions).pipe(
    map(text => ask(text)),
    client.completeEach(),
    toArray(),
  ),
);
assert.deepEqual(
  results.map(({ ok }) => ok),
  [true, true],
);

// an error is its own request's
const kind$ = client
  .stream({ ...ask('Hello'), model: 'none' })
  .pipe(catchError(error => of(isChatError(error) && error.kind)));
assert.equal(await firstValueFrom(kind$), 'request_invalid');

// leaving closes the socket
await firstValueFrom(client.stream(ask('Why is the sky blue?')).pipe(contentDeltas(), take(1)));
await simulator.until(({ open }) => open === 0);

// paces: in real time, at the server's own count, and in virtual time
const paced = createChatClient({ [model]: { ...entry, windows: [{ limit: 1, per: 200 }] } });
await lastValueFrom(
  from(questions).pipe(
    map(text => ask(text)),
    paced.completeEach(),
    toArray(),
  ),
);
const [first, second] = simulator.requests().slice(-2);
assert(second.counted - first.counted >= 200);
new TestScheduler((actual, expected) => assert.deepEqual(actual, expected)).run(({ cold, expectObservable }) => {
  expectObservable(cold('(abc|)').pipe(rateWindow({ limit: 2, per: 1000 }))).toBe('(ab) 996ms (c|)');
  const fake = fakeChatClient({ answer: () => cold('--a-b|') });
  expectObservable(fake.stream(ask('Hello')).pipe(contentDeltas())).toBe('--a-b|');
});

// as a fetch and as a server
const body = JSON.stringify(ask('What is 7+7?'));
const headers = { 'content-type': 'application/json', authorization: 'Bearer any' };
const gateway = await startGateway({ client });
for (const [fetch, url] of [
  [pacedFetch(client), simulator.url],
  [globalThis.fetch, gateway.url],
]) {
  const response = await fetch(`${url}/chat/completions`, { method: 'POST', headers, body });
  assert.equal((await response.json()).choices[0].message.content, '14 (simulated)');
}

// ends by itself
await gateway.close();
await firstValueFrom(client.close());
await firstValueFrom(paced.close());
await simulator.close();
console.log('all done');

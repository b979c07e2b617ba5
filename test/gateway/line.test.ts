import { BehaviorSubject, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import { advance, ask, clientFor, eventsOf, record } from '../client/harness.js';
import { MODEL, question, refusalOf, textOf } from '../fetch/sdks.js';
import { clients } from './clients.js';
import { gatewayWith, post } from './harness.js';

const streamed = { ...question(), stream: true };

it('goes by the priority and the tenant of the headers', async () => {
  const gate$ = new BehaviorSubject(false);
  const { gateway } = await gatewayWith({ entry: { max_concurrent: 1 }, client: { gate$ } });
  const { client } = gateway;
  const events = eventsOf(client);
  const requests = [
    ['large 1', { 'x-tenant': 'large' }],
    ['large 2', { 'x-tenant': 'large' }],
    ['large 3', { 'x-tenant': 'large' }],
    ['small', { 'x-tenant': 'small' }],
    ['urgent', { 'x-tenant': 'large', 'x-priority': '1' }],
  ] as const;
  const answers = [];
  for (const [index, [content, headers]] of requests.entries()) {
    answers.push(post(gateway, question(content), { headers }));
    await expect.poll(() => client.limits(MODEL).queued).toBe(index + 1); // one after the other
  }
  gate$.next(true);
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const sent = events.filter(({ type }) => type === 'sent').map(({ request }) => request!.messages[0]!.content);
  expect(sent[0]).toBe('urgent');
  expect(sent.indexOf('small')).toBeLessThan(sent.indexOf('large 3'));
});

it('who waits long for a stream gets a head with his place, then comments, then the answer', async () => {
  const gate$ = new BehaviorSubject(false);
  const { gateway, simulator } = await gatewayWith({
    client: { gate$ },
    gateway: { statusWithin: 50, commentEvery: 50 },
  });
  const first = post(gateway, streamed);
  await expect.poll(() => gateway.client.limits(MODEL).queued).toBe(1);
  const response = await post(gateway, streamed);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(response.headers.get('x-queue-position')).toBe('2');
  expect((await first).headers.get('x-queue-position')).toBe('1');
  expect(simulator.stats().requests).toBe(0);

  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while ((text.match(/^: number 2 in line$/gm) ?? []).length < 3) text += (await reader.read()).value;
  gate$.next(true);
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  expect(text).toContain('"content"');
  expect(text).toMatch(/data: \[DONE\]\n\n$/);
});

it('a client of ours shows its place and its time in that line, and does not take the wait for silence', async () => {
  const windows = [{ limit: 1, per: '1h' as const }];
  const { gateway, simulator } = await gatewayWith({
    entry: { windows },
    gateway: { statusWithin: 1, commentEvery: 20 },
  });
  await post(gateway, question());
  // Its time goes by from one comment to the next alone, 60 ms each time.
  const scheduler = new VirtualTimeScheduler();
  const client = clientFor(gateway, {}, { timeouts: { idle: 100 }, retry: { maxRetries: 0 }, scheduler });
  const waiting = record(client.watch(ask('Hello')), ({ state }) => state === 'queued' && advance(scheduler, 60));
  const there = () => waiting.values.filter(({ state }) => state === 'queued');
  await expect.poll(() => there().length).toBeGreaterThan(15); // longer than `idle`
  const place = { state: 'queued', position: 1, etaMs: expect.closeTo(3_600_000, -6), waitingFor: 'the gateway' };
  expect([there()[0], there().at(-1)]).toEqual([place, place]);
  expect([waiting.values[0], waiting.ended]).toEqual([{ state: 'sent' }, false]);
  waiting.subscription.unsubscribe();
  await expect.poll(() => gateway.client.limits(MODEL).queued).toBe(0);
  expect(simulator.stats().requests).toBe(1);
});

it.each(clients)('$name reads that as any stream, and an error in it as an error', async ({ make }) => {
  const gate$ = new BehaviorSubject(false);
  const { gateway, simulator } = await gatewayWith({
    client: { gate$ },
    gateway: { statusWithin: 1, commentEvery: 20 },
  });
  const sdk = make({ url: gateway.url });
  const opened = await sdk.chat.completions.create({ ...question(), stream: true });
  gate$.next(true);
  expect(await textOf(opened)).toBe('14 (simulated)');

  gate$.next(false);
  const failing = await sdk.chat.completions.create({ ...question(), stream: true });
  simulator.fault({
    kind: 'status',
    status: 400,
    body: { error: { message: 'too odd', type: 'invalid_request_error' } },
  });
  gate$.next(true);
  expect(await refusalOf(textOf(failing))).toMatchObject({ message: 'too odd' });
});

it('one that is admitted in time gets its true status, however late the server is', async () => {
  const { gateway, simulator } = await gatewayWith({ gateway: { statusWithin: 1, commentEvery: 1 } });
  simulator.fault([{ kind: 'slow-head', ms: 100 }]);
  const slow = await post(gateway, streamed);
  expect([slow.status, slow.headers.has('x-queue-position')]).toEqual([200, false]);
  expect(await slow.text()).not.toMatch(/^:/m);
  simulator.fault({ kind: 'status', status: 404 });
  expect((await post(gateway, streamed)).status).toBe(404);
});

it('a request not streamed gets its head at the end', async () => {
  const gate$ = new BehaviorSubject(false);
  const { gateway } = await gatewayWith({ client: { gate$ }, gateway: { statusWithin: 1, commentEvery: 1 } });
  let answered = false;
  const answer = post(gateway, question()).then(response => {
    answered = true;
    return response;
  });
  await expect.poll(() => gateway.client.limits(MODEL).queued).toBe(1);
  const neighbour = await post(gateway, streamed); // it waits long enough for its head
  expect(answered).toBe(false);
  gate$.next(true);
  expect((await answer).status).toBe(200);
  await neighbour.text();
});

it('who hangs up frees his place: in line, with a head or without, and in mid-stream', async () => {
  const gate$ = new BehaviorSubject(false);
  const { gateway, simulator } = await gatewayWith({
    client: { gate$ },
    simulator: { tokensPerSecond: 20 },
    gateway: { statusWithin: 30 },
  });
  const { client } = gateway;
  for (const body of [question(), streamed]) {
    const abort = new AbortController();
    const answer = post(gateway, body, { signal: abort.signal });
    const gone = expect(answer.then(response => response.text())).rejects.toThrow(/abort/);
    await expect.poll(() => client.limits(MODEL).queued).toBe(1);
    if (body === streamed) await answer;
    abort.abort();
    await gone;
    await expect.poll(() => client.limits(MODEL).queued).toBe(0);
  }
  expect(simulator.stats().requests).toBe(0);
  gate$.next(true);
  const abort = new AbortController();
  const response = await post(
    gateway,
    { ...streamed, messages: question('Why is the sky blue?').messages },
    { signal: abort.signal },
  );
  const gone = expect(response.text()).rejects.toThrow(/abort/);
  await simulator.until(({ streams }) => streams === 1);
  abort.abort();
  await gone;
  await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
  await expect.poll(() => client.limits(MODEL).inFlight).toBe(0);
});

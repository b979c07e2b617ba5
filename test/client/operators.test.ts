import { type ChatResult, type ChatStream, contentDeltas, toText } from 'rx-groq';
import {
  concat,
  concatMap,
  EMPTY,
  exhaustMap,
  from,
  lastValueFrom,
  map,
  mergeAll,
  mergeMap,
  NEVER,
  of,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ask, clientFor, eventsOf, MODEL, record, simulate } from './harness.js';

const sums = ['What is 1+1?', 'What is 2+2?', 'What is 3+3?', 'What is 4+4?', 'What is 5+5?'];
const requests = sums.map((content, context) => ask(content, { context }));
const wrong = ask('x', { temperature: Number.NaN });
const slow = { tokensPerSecond: 50, answer: () => 'word '.repeat(20) };

describe('stream and complete', () => {
  test('are cold: nothing happens before the subscription, and each subscription is a request', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const events = eventsOf(client);
    const [chunks$, completion$] = [client.stream(ask()), client.complete(ask())];
    expect(events).toEqual([]);
    const text = () => lastValueFrom(chunks$.pipe(contentDeltas(), toText()));
    expect(await text()).toMatch(/^14\b/);
    expect(await text()).toMatch(/^14\b/);
    const completions = await lastValueFrom(completion$.pipe(toArray()));
    expect(completions).toHaveLength(1);
    expect(completions[0]!.choices[0].message.content).toBe(await text());
    expect(simulator.stats().completed).toBe(4);
  });

  test('complete streams on the wire, unless told not to or the dialect can not', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const format = { type: 'json_schema', json_schema: { name: 'person', schema } };
    await lastValueFrom(client.complete(ask()));
    await lastValueFrom(client.complete(ask('x', { stream: false })));
    const structured = await lastValueFrom(client.complete(ask('x', { response_format: format })));
    expect(JSON.parse(structured.choices[0].message.content ?? '')).toHaveProperty('name');
    expect(simulator.requests().map(({ stream }) => stream)).toEqual([true, false, false]);
  });

  test('the own fields are not sent, unknown ones are', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const seen: object[] = [];
    simulator.fault({ kind: 'status', status: 500, match: body => seen.push({ ...body }) < 0 });
    const more = { priority: 1, context: { secret: 1 }, queueTimeout: 1000, fallbacks: [MODEL], user: 'me' };
    await lastValueFrom(client.complete(ask('x', more)));
    expect(seen).toEqual([{ ...ask('x'), stream: true, user: 'me' }]);
  });
});

describe('streamEach', () => {
  test('emits each response when it is admitted, by priority; the outer completes when the line is empty', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator, { max_concurrent: 1 });
    const order: unknown[] = [];
    const priorities = [5, 9, 1, 3];
    const outer = record(
      from(priorities).pipe(
        map(priority => ask('x', { priority, max_completion_tokens: 20 })),
        client.streamEach(),
      ),
      stream => {
        order.push(stream.request.priority);
        record(stream);
      },
    );
    await outer.end;
    expect(order).toEqual([5, 1, 3, 9]);
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 1 });
  });

  test('one that is not subscribed inside its next gives its permit back in the same turn and is never sent', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { windows: [{ limit: 1, per: '1h' }] });
    const events = eventsOf(client);
    const { values, log } = record(from(requests).pipe(client.streamEach()));
    expect(values.map(({ request }) => request)).toEqual(requests);
    expect(log.at(-1)).toBe('complete');
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0, windows: [{ used: 0 }] });
    expect(events.filter(({ type }) => type === 'cancelled')).toHaveLength(5);
    expect(events.filter(({ type }) => type === 'sent')).toHaveLength(0);
    expect(simulator.stats().requests).toBe(0);
  });

  test('subscribing to it later, or a second time, queues a new request', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const kept: ChatStream[] = [];
    const { values } = await record(
      of(requests[0]!).pipe(
        client.streamEach(),
        mergeMap(stream => {
          kept.push(stream);
          return stream.pipe(toText());
        }),
      ),
    ).end;
    expect(values).toEqual([expect.stringMatching(/^2\b/)]);
    const events = eventsOf(client);
    expect(await lastValueFrom(kept[0]!.pipe(toText()))).toMatch(/^2\b/);
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual(['queued', 'admitted', 'sent']);
    expect(simulator.stats().completed).toBe(2);
  });

  test.each([
    { name: 'a place', config: { max_concurrent: 1 } },
    { name: 'a window', config: { windows: [{ limit: 1, per: 20 }] } },
  ])('concatMap over it can not dead-lock for want of $name', async ({ config }) => {
    const simulator = await simulate();
    const client = clientFor(simulator, config);
    const texts = await lastValueFrom(
      from(requests).pipe(
        client.streamEach(),
        concatMap(stream => stream.pipe(toText())),
        toArray(),
      ),
    );
    expect(texts.map(text => Number.parseInt(text, 10)).sort()).toEqual([10, 2, 4, 6, 8]);
  });

  test('exhaustMap over it sends the first and no other', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator);
    const { values } = await record(
      from(requests).pipe(
        client.streamEach(),
        exhaustMap(stream => stream.pipe(toText())),
      ),
    ).end;
    expect(values).toHaveLength(1);
    expect(simulator.stats().requests).toBe(1);
  });

  test('unsubscribing the outer drops the line; streams already subscribed go on', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator, { max_concurrent: 2 });
    const inner: ReturnType<typeof record>[] = [];
    const outer = record(from(requests).pipe(client.streamEach()), stream => inner.push(record(stream)));
    expect(client.limits(MODEL)).toMatchObject({ queued: 3, inFlight: 2 });
    outer.subscription.unsubscribe();
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 2 });
    await Promise.all(inner.map(({ end }) => end));
    expect(inner.map(({ log }) => log.at(-1))).toEqual(['complete', 'complete']);
    expect(simulator.stats()).toMatchObject({ requests: 2, completed: 2 });
  });

  test('an error of the source passes at once and drops the line', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator, { max_concurrent: 1 });
    const inner: ReturnType<typeof record>[] = [];
    const source = concat(
      from(requests),
      throwError(() => new Error('source')),
    );
    const { error } = record(source.pipe(client.streamEach()), stream => inner.push(record(stream)));
    expect(error).toEqual(new Error('source'));
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 1 });
    await inner[0]!.end;
    expect(inner[0]!.log.at(-1)).toBe('complete');
  });

  test('a request that fails in line is a stream that fails; the outer goes on', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const ends: unknown[] = [];
    const outer = await record(from([wrong, requests[0]!]).pipe(client.streamEach()), stream => {
      record(stream).end.then(({ error }) => ends.push(error));
    }).end;
    expect(outer.log).toEqual(['next', 'next', 'complete']);
    await simulator.until(({ completed }) => completed === 1);
    await expect.poll(() => ends, { interval: 5 }).toHaveLength(2);
    expect(ends).toMatchObject([{ kind: 'request_invalid', attempts: 0 }, undefined]);
  });

  test('take(1) from inside the next: that one is sent if it was subscribed, the others are not', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator);
    const taken = record(from(requests).pipe(client.streamEach(), take(1)));
    expect(taken.values).toHaveLength(1);
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
    const { log } = await record(from(requests).pipe(client.streamEach(), take(1), mergeAll(), toText())).end;
    expect(log).toEqual(['next', 'complete']);
    expect(simulator.stats()).toMatchObject({ requests: 1, completed: 1 });
  });
});

describe('completeEach', () => {
  test('emits results as they finish and never errors: one failure ends one request', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'status', status: 400, match: ({ messages }) => messages[0]?.content === sums[2] });
    const client = clientFor(simulator);
    const source = [...requests, wrong, ask('x', { model: 'nobody' })];
    const { log, values } = await record(from(source).pipe(client.completeEach())).end;
    expect(log.at(-1)).toBe('complete');
    expect(values).toHaveLength(7);
    const failed = values.filter((result): result is ChatResult & { ok: false } => !result.ok);
    expect(new Map(failed.map(({ request, error }) => [request, error.kind]))).toEqual(
      new Map([
        [requests[2], 'api'],
        [wrong, 'request_invalid'],
        [source[6], 'request_invalid'],
      ]),
    );
    for (const result of values) {
      const { queuedMs, totalMs, attempts } = result.timing;
      expect(queuedMs).toBeGreaterThanOrEqual(0);
      expect(totalMs).toBeGreaterThanOrEqual(queuedMs);
      expect(attempts).toBe(result.ok || result.error.kind === 'api' ? 1 : 0);
      if (result.ok) expect(result.timing.firstTokenMs).toBeGreaterThan(0);
    }
  });

  test('the fast one does not wait for the slow one before it', async () => {
    const simulator = await simulate();
    simulator.fault({ kind: 'slow-head', ms: 60_000 });
    const client = clientFor(simulator);
    const first = record(client.stream(ask('occupies the slow head')));
    await simulator.until(({ requests }) => requests === 1);
    const results = await lastValueFrom(from(requests.slice(0, 2)).pipe(client.completeEach(), toArray()));
    expect(results).toHaveLength(2);
    expect(first.ended).toBe(false);
    first.subscription.unsubscribe();
  });

  test('passes an error of its source', async () => {
    const client = clientFor(await simulate());
    const { error } = await record(throwError(() => 'source').pipe(client.completeEach())).end;
    expect(error).toBe('source');
  });

  test.each([
    { name: 'empty', source: EMPTY, log: ['complete'] },
    { name: 'never', source: NEVER, log: [] },
  ])('$name stays $name', async ({ source, log }) => {
    const client = clientFor(await simulate());
    expect(record(source.pipe(client.completeEach())).log).toEqual(log);
    expect(record(source.pipe(client.streamEach())).log).toEqual(log);
  });

  test('one operator serves several subscriptions, and each has its own line', async () => {
    const client = clientFor(await simulate());
    const results$ = from(requests).pipe(client.completeEach(), toArray());
    const [one, two] = await Promise.all([lastValueFrom(results$), lastValueFrom(results$)]);
    expect([one.length, two.length]).toEqual([5, 5]);
  });
});

describe('streamMap and completeMap', () => {
  test('streamMap merges what `use` makes of the chunks of each value', async () => {
    const client = clientFor(await simulate());
    const lines = await lastValueFrom(
      from(sums).pipe(
        client.streamMap(
          sum => ask(sum),
          (chunks, sum) =>
            chunks.pipe(
              toText(),
              map(text => `${sum} ${Number.parseInt(text, 10)}`),
            ),
        ),
        toArray(),
      ),
    );
    expect(lines.sort()).toEqual(sums.map((sum, index) => `${sum} ${2 * (index + 1)}`));
  });

  test('what `use` lets fail, fails; a chunk stream that is never subscribed is never sent', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const failing = await record(
      of(wrong).pipe(
        client.streamMap(
          request => request,
          chunks => chunks,
        ),
      ),
    ).end;
    expect(failing.error).toMatchObject({ kind: 'request_invalid' });
    const ignoring = await record(
      of(ask()).pipe(
        client.streamMap(
          request => request,
          () => of('nothing'),
        ),
      ),
    ).end;
    expect(ignoring.values).toEqual(['nothing']);
    expect(simulator.stats().requests).toBe(0);
  });

  test('completeMap gives each result its value, also where the request fails', async () => {
    const client = clientFor(await simulate());
    const results = await lastValueFrom(
      of({ id: 1, sum: '1+1' }, { id: 2, sum: '' }).pipe(
        client.completeMap(({ sum }) => (sum ? ask(`What is ${sum}?`) : wrong)),
        toArray(),
      ),
    );
    const outcome = new Map(results.map(result => [result.value.id, result.ok ? 'ok' : result.error.kind]));
    expect(outcome).toEqual(
      new Map([
        [1, 'ok'],
        [2, 'request_invalid'],
      ]),
    );
  });

  test('a `project` that throws errors the outcome, as in mergeMap', async () => {
    const client = clientFor(await simulate());
    const project = (): never => {
      throw new Error('project');
    };
    for (const operator of [client.completeMap(project), client.streamMap(project, chunks => chunks)]) {
      expect((await record<unknown>(of(1).pipe(operator as never)).end).error).toEqual(new Error('project'));
    }
  });
});

test('mergeAll over streamEach: all text arrives, and the windows are kept', async () => {
  const simulator = await simulate({ limits: { [MODEL]: { rpm: 3, rpd: -1, tpm: -1, tpd: -1 } }, timeScale: 300 });
  const client = clientFor(simulator, { windows: [{ limit: 3, per: 200 }] }, { maxFlight: 60_000 });
  const source = new Subject<(typeof requests)[number]>();
  const run = record(source.pipe(client.streamEach(), mergeAll(), contentDeltas()));
  for (const request of requests) source.next(request);
  source.complete();
  await run.end;
  expect(run.log.at(-1)).toBe('complete');
  expect(simulator.stats()).toMatchObject({ refused: 0, completed: 5 });
});

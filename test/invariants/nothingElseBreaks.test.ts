import { setTimeout as sleep } from 'node:timers/promises';
import { type ChatChunk, type ChatClientOptions, createChatClient, type ResponseHead, type Transport } from 'rx-groq';
import {
  concat,
  concatMap,
  config,
  finalize,
  from,
  lastValueFrom,
  merge,
  NEVER,
  Observable,
  of,
  Subject,
  Subscriber,
  toArray,
  VirtualTimeScheduler,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ask, clientFor, MODEL, record, simulate } from '../client/harness.js';

/*
 * Errors thrown in a subscriber, re-entrant subscribe/unsubscribe in `next`, and a slow subscriber break nothing else.
 */

const words = { tokensPerSecond: 300, answer: () => 'word '.repeat(30) };
const long = ask('a long one', { max_completion_tokens: 30 });

let reported: unknown[];
beforeEach(() => {
  reported = [];
  config.onUnhandledError = error => reported.push(error);
});
afterEach(async () => {
  await sleep(0); // it is reported in a turn of its own
  config.onUnhandledError = null;
});

describe('a subscriber that throws', () => {
  const fail = (): never => {
    throw new Error('in next');
  };

  test.each(['stream', 'complete'] as const)('%s: reported the RxJS way; pacing and the others go on', async method => {
    const simulator = await simulate(words);
    const client = clientFor(simulator, { max_concurrent: 2 });
    (client[method](long) as Observable<unknown>).subscribe(fail);
    const others = [1, 2, 3].map(() => record<unknown>(client[method](long)));
    await Promise.all(others.map(({ end }) => end));
    for (const { log } of others) expect(log.at(-1)).toBe('complete');
    await simulator.until(({ open }) => open === 0);
    await expect.poll(() => reported.length).toBeGreaterThan(0);
    expect(new Set(reported)).toSatisfy((errors: Set<Error>) =>
      [...errors].every(({ message }) => message === 'in next'),
    );
    await expect.poll(() => client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  });

  test('of events$, status$, limits$ and config$', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    for (const source of [client.events$, client.status$, client.limits$(MODEL), client.config$]) {
      (source as Observable<unknown>).subscribe(fail);
    }
    expect((await record(client.stream(ask())).end).log.at(-1)).toBe('complete');
    expect((await record(client.complete(ask())).end).log.at(-1)).toBe('complete');
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
    await expect.poll(() => reported.length).toBeGreaterThan(3);
  });

  test('an operator behind it that throws fails that pipeline only, and cancels its request', async () => {
    // So long that it can't have ended before the server sees that nobody listens, however busy the machine is.
    const endless = ask('an endless one', { max_completion_tokens: 30_000 });
    const simulator = await simulate({
      ...words,
      answer: ({ messages }) => 'word '.repeat(messages[0]?.content === 'an endless one' ? 30_000 : 30),
    });
    const client = clientFor(simulator);
    const other = record(client.stream(long));
    const thrown = new Error('in an operator');
    const project = (): never => {
      throw thrown;
    };
    const failing = record(client.stream(endless).pipe(concatMap(project)));
    expect((await failing.end).error).toBe(thrown);
    await other.end;
    expect(other.log.at(-1)).toBe('complete');
    await simulator.until(({ aborted, completed }) => aborted === 1 && completed === 1);
    expect(reported).not.toContain(thrown);
  });
});

describe('re-entrance', () => {
  test('subscribing in next: the new request stands in line like any other', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, { max_concurrent: 1 });
    const ends: Promise<unknown>[] = [];
    const again = (depth: number): void => {
      const { end } = record(client.stream(ask(`${depth}`)), (_, { values }) => {
        if (values.length === 1 && depth > 0) again(depth - 1);
      });
      ends.push(end);
    };
    again(5);
    await expect.poll(() => simulator.stats().completed).toBe(6);
    await Promise.all(ends);
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  });

  test('unsubscribing another request, queued or in flight, in next', async () => {
    const simulator = await simulate(words);
    const client = clientFor(simulator, { max_concurrent: 2 });
    const flying = record(client.stream(long));
    const one = record(client.stream(long), () => {
      flying.subscription.unsubscribe();
      queued.subscription.unsubscribe();
    });
    const queued = record(client.stream(long));
    const last = record(client.stream(long));
    await Promise.all([one.end, last.end]);
    expect([one.log.at(-1), last.log.at(-1)]).toEqual(['complete', 'complete']);
    await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
    expect(simulator.stats().requests).toBe(3);
  });

  test('asking for limits, and lowering and raising them, in next and in events', async () => {
    const simulator = await simulate(words);
    const client = clientFor(simulator, { max_concurrent: 1 });
    client.events$.subscribe(event => event.type !== 'config' && client.reloadConfig());
    const runs = [1, 2, 3].map(() => record(client.stream(long), () => client.limits(MODEL)));
    await Promise.all(runs.map(({ end }) => end));
    expect(runs.map(({ log }) => log.at(-1))).toEqual(['complete', 'complete', 'complete']);
  });
});

test('a slow subscriber gets every chunk in order and slows nobody down', async () => {
  const simulator = await simulate(words);
  const client = clientFor(simulator);
  const slowly = (chunk: ChatChunk) =>
    new Observable<ChatChunk>(subscriber => {
      sleep(10).then(() => {
        subscriber.next(chunk);
        subscriber.complete();
      });
    });
  let slow = false;
  const late = lastValueFrom(client.stream(long).pipe(concatMap(slowly), toArray())).then(chunks => {
    slow = true;
    return chunks;
  });
  const quick = await record(client.stream(long)).end;
  expect(slow).toBe(false);
  const textOf = (chunks: readonly ChatChunk[]) =>
    chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  expect(textOf(await late)).toBe(textOf(quick.values));
});

test('one that blocks the thread in next: every word arrives, and nothing times out for it', async () => {
  const simulator = await simulate(words);
  const client = clientFor(simulator, {}, { timeouts: { idle: 1000 } });
  const block = (): void => {
    const until = performance.now() + 100;
    while (performance.now() < until);
  };
  const [blocking, other] = [record(client.stream(long), block), record(client.stream(long))];
  await Promise.all([blocking.end, other.end]);
  expect([blocking.log.at(-1), other.log.at(-1)]).toEqual(['complete', 'complete']);
});

describe('what somebody throws as it is left is reported the RxJS way', () => {
  const boom = new RangeError('in a teardown');
  const throws = (): never => {
    throw boom;
  };
  const request = { model: 'm', messages: [{ role: 'user' as const, content: 'hello' }], max_completion_tokens: 10 };
  const head = { status: 200, headers: {} };
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const choices = [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }];
  const said = bytes(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices })}\n\n`);
  const whole$ = of(head, said, bytes('data: [DONE]\n\n'));
  const silent$ = concat(of(head), NEVER);

  function clientOn(transport: Transport, options: ChatClientOptions = {}) {
    const scheduler = new VirtualTimeScheduler();
    const more = { scheduler, timeouts: { idle: 500 }, tokenCounter: () => 10, ...options, transport };
    const client = createChatClient({ m: { base_url: 'http://m.test/v1', token_per_minute: 10_000 } }, more);
    return { client, scheduler };
  }
  async function expectReported(): Promise<void> {
    await expect.poll(() => reported.length).toBeGreaterThan(0);
    expect(JSON.stringify(reported.map(String))).toContain(boom.message);
  }

  const ways = [
    { how: 'answered', first: whole$, end: 'complete' },
    { how: 'sent again', first: of({ status: 503, headers: {} }), end: 'complete' },
    { how: 'refused', first: of({ status: 429, headers: { 'retry-after': '1' } }), end: 'complete' },
    { how: 'silent, and sent again', first: silent$, end: 'complete' },
    { how: 'aborted', first: silent$, end: 'abort' },
    { how: 'closed', first: silent$, end: 'closed' },
    { how: 'left', first: silent$, end: undefined },
  ];
  test.each(ways)('by a transport: a request that is $how ends, and so do the others', async ({ how, first, end }) => {
    let sent = 0;
    const leaving = () => new Observable<never>(() => throws);
    const { client, scheduler } = clientOn(() => (sent++ < 2 ? merge(leaving(), first) : whole$));
    const aborting = new AbortController();
    const runs = [1, 2].map(() => record(client.stream({ ...request, signal: aborting.signal })));
    if (how === 'aborted') aborting.abort();
    if (how === 'closed') client.close();
    if (how === 'left') for (const { subscription } of runs) subscription.unsubscribe();
    scheduler.flush();
    const ends = runs.map(({ log, error }) => (error as { kind?: string } | undefined)?.kind ?? log.at(-1));
    expect(ends).toEqual([end, end]);
    let closed = false;
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
    client.close({ drain: true }).subscribe(() => {
      closed = true;
    });
    expect([closed, scheduler.actions]).toEqual([true, []]);
    await expectReported();
  });

  test.each(['timeout', 'signal', 'close'])('by `finalize`: the others end by the same %s', async how => {
    const { client, scheduler } = clientOn(() => silent$, { retry: { maxRetries: 0 } });
    const aborting = new AbortController();
    const asked$ = client.stream({ ...request, signal: aborting.signal });
    const errors: unknown[] = [];
    for (let n = 0; n < 3; n++) asked$.pipe(finalize(throws)).subscribe({ error: error => errors.push(error.kind) });
    let closed = false;
    if (how === 'signal') aborting.abort();
    if (how !== 'close') scheduler.flush();
    client.close().subscribe(() => {
      closed = true;
    });
    expect([errors.length, closed]).toEqual([3, true]);
    await expectReported();
  });

  test.each(['stream', 'complete'] as const)('by `finalize`, as the answer of %s ends', async method => {
    const wire = new Subject<ResponseHead | Uint8Array>(); // later than `subscribe`, in which RxJS itself would lose it
    const { client } = clientOn(() => wire);
    const answer$: Observable<unknown> = client[method](request);
    const run = record(answer$.pipe(finalize(throws)));
    from([head, said, bytes('data: [DONE]\n\n')]).subscribe(wire);
    expect(run.log.at(-1)).toBe('complete');
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
    await expectReported();
  });

  test('by a tool: who else is closed is closed', async () => {
    const calls = [{ index: 0, id: 'c', type: 'function', function: { name: 'wait', arguments: '{}' } }];
    const asks = {
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: 'tool_calls' }],
    };
    const tools = { wait: { parameters: z.object({}), run: () => new Observable(() => throws) } };
    const { client } = clientOn(({ body }) =>
      body?.includes('wait')
        ? of(head, bytes(`data: ${JSON.stringify(asks)}\n\n`), bytes('data: [DONE]\n\n'))
        : silent$,
    );
    const runs = [record<unknown>(client.runTools(request, tools)), record<unknown>(client.stream(request))];
    client.close();
    expect(runs.map(({ error }) => error)).toMatchObject([{ kind: 'closed' }, { kind: 'closed' }]);
    await expectReported();
  });

  const never$ = (value: unknown) => merge(of(value), new Observable(() => throws)) as Observable<never>;
  test.each([
    { what: 'the priority', more: { priority: never$(3) }, options: {} },
    { what: 'a token counter', more: {}, options: { tokenCounter: () => never$(10) } },
    { what: 'a gate', more: {}, options: { gate$: never$(true) } },
  ])('by $what: the request is answered, and the client closes', async ({ more, options }) => {
    const { client, scheduler } = clientOn(() => whole$, options);
    const run = record(client.stream({ ...request, ...more }));
    scheduler.flush();
    expect(run.log.at(-1)).toBe('complete');
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
    let closed = false;
    client.close().subscribe(() => {
      closed = true;
    });
    scheduler.flush();
    expect(closed).toBe(true);
  });

  test('by a usage store that is still being asked: the client closes', () => {
    const { client } = clientOn(() => whole$, { usageStore: { load: () => new Observable(() => throws), save() {} } });
    let closed = false;
    client.close().subscribe(() => {
      closed = true;
    });
    expect(closed).toBe(true);
  });

  test('by a signal that does not let go: the request ends', () => {
    const signal = { aborted: false, addEventListener() {}, removeEventListener: throws } as unknown as AbortSignal;
    const { client } = clientOn(() => whole$);
    expect(record(client.stream({ ...request, signal })).log.at(-1)).toBe('complete');
  });

  test('by a subscriber of a class of its own, as it gets the whole answer', () => {
    class Taker extends Subscriber<unknown> {
      protected override _next = throws;
    }
    const { client } = clientOn(() => whole$);
    client.complete(request).subscribe(new Taker());
    const counts: unknown[] = [];
    client.status$.subscribe(({ queued, inFlight, done }) => counts.push({ queued, inFlight, done }));
    expect(counts).toEqual([{ queued: 0, inFlight: 0, done: 1 }]);
  });
});

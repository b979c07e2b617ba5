import {
  type ChatClientOptions,
  type ChatConfig,
  type ChatEvent,
  ConnectionError,
  createChatClient,
  memoryQuota,
  type Quota,
  type Transport,
} from 'rx-groq';
import {
  concat,
  config,
  defer,
  EMPTY,
  firstValueFrom,
  interval,
  map,
  merge,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  takeUntil,
  throwError,
  VirtualTimeScheduler,
} from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closing, eventsOf, record } from './harness.js';

/* What is left of a request that has ended, however it did: of its timers, its counts and its books. */

const base_url = 'http://m.test/v1';
const request = { model: 'm', messages: [{ role: 'user' as const, content: 'hello' }], max_completion_tokens: 100 };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const head = { status: 200, headers: { 'content-type': 'text/event-stream' } };
const event = (delta: object, finish_reason: string | null = null): Uint8Array =>
  bytes(
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`,
  );
const whole = of(head, event({ content: 'Hi' }), event({}, 'stop'), bytes('data: [DONE]\n\n'));

function clientOn(transport: Transport, options: ChatClientOptions = {}, model: Partial<ChatConfig[string]> = {}) {
  const entry = { base_url, req_per_minute: 10, token_per_minute: 10_000, ...model };
  return closing(
    createChatClient({ m: entry }, { tokenCounter: () => 10, retry: { maxRetries: 0 }, ...options, transport }),
  );
}

/** What RxJS reports from now on, until the test ends. */
function reportedErrors(): unknown[] {
  const reported: unknown[] = [];
  config.onUnhandledError = error => reported.push(error);
  onTestFinished(() => {
    config.onUnhandledError = null;
  });
  return reported;
}

describe('no timer is left', () => {
  test('where one stream’s silence ends the others', () => {
    const scheduler = new VirtualTimeScheduler();
    const client = closing(
      createChatClient(
        { a: { base_url, timeouts: { idle: 8000 } }, b: { base_url, timeouts: { idle: 300 } } },
        { transport: () => concat(of(head, event({ content: 'Hi' })), NEVER), scheduler, retry: { maxRetries: 0 } },
      ),
    );
    const kinds: string[] = [];
    merge(client.stream({ ...request, model: 'a' }), client.stream({ ...request, model: 'b' })).subscribe({
      error: ({ kind }) => kinds.push(kind),
    });
    scheduler.flush();
    expect(kinds).toEqual(['stream_timeout']);
    expect(scheduler.frame).toBe(300);
  });

  test('where somebody unsubscribes as the head comes', () => {
    const scheduler = new VirtualTimeScheduler();
    const client = clientOn(() => concat(of(head), NEVER), { scheduler });
    const gone$ = new Subject<void>();
    client.events$.subscribe(({ type }) => type === 'head' && gone$.next());
    client.stream(request).pipe(takeUntil(gone$)).subscribe();
    scheduler.flush();
    expect(scheduler.frame).toBe(0);
  });
});

describe('what is counted', () => {
  const lefts = [
    { at: 'sent', more: {} },
    { at: 'sent', more: { refund: 'usage' } },
    { at: 'sent', more: { count_from: 'end' } },
    { at: 'refused', more: {} },
    { at: 'refused', more: { refund: 'usage' } },
  ] as const;
  test.each(lefts)('of a request that its server never ran: nothing, left at $at, $more', ({ at, more }) => {
    const refusal = of({ status: 429, headers: { 'retry-after': '2' } }, bytes('{"error":{"message":"slow down"}}'));
    const budgets = [{ unit: 'tokens', limit: 10_000, per: '1d' }] as const;
    const client = clientOn(() => refusal, { budgets, scheduler: new VirtualTimeScheduler() }, more);
    const gone$ = new Subject<void>();
    const types: string[] = [];
    client.events$.subscribe(({ type }) => {
      types.push(type);
      if (type === at) gone$.next();
    });
    client.stream(request).pipe(takeUntil(gone$)).subscribe();
    expect(types.filter(type => ['completed', 'failed', 'cancelled'].includes(type))).toEqual(['cancelled']);
    expect(client.limits('m').windows.map(({ unit, used }) => [unit, used])).toEqual([
      ['requests', 0],
      ['tokens', 0],
    ]);
    let use: unknown;
    client.budgets$.subscribe(uses => {
      use = uses;
    });
    expect(use).toMatchObject([{ spent: 0, reserved: 0 }]);
  });

  test.each(['unsubscribe', 'signal', 'close'])('of an answer that is left midway, by budgets too: %s', how => {
    const client = clientOn(() => concat(of(head, event({ content: 'Hi' })), NEVER), {
      budgets: [{ unit: 'tokens', limit: 10_000, per: '1d' }],
    });
    let spent: number | undefined;
    client.budgets$.subscribe(([use]) => {
      spent = use!.spent;
    });
    const leaving = new AbortController();
    const run = record(client.stream({ ...request, signal: leaving.signal }));
    if (how === 'unsubscribe') run.subscription.unsubscribe();
    else if (how === 'signal') leaving.abort();
    else client.close();
    expect(spent).toBe(11); // the prompt, and a token for what has come
  });
});

describe('whoever takes the one value that there is', () => {
  test.each([true, false])('has a request that completed, streamed: %s', async stream => {
    const plain = { status: 200, headers: { 'content-type': 'application/json' } };
    const said = bytes('{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"content":"Hi"}}]}');
    const client = clientOn(() => (stream ? whole : of(plain, said)));
    const events = eventsOf(client);
    const { choices } = await firstValueFrom(client.complete({ ...request, stream }));
    expect(choices[0].message.content).toBe('Hi');
    expect(events.map(({ type }: ChatEvent) => type).filter(type => type !== 'window')).toEqual([
      ...['queued', 'admitted', 'sent', 'head'],
      ...(stream ? ['first_token'] : []),
      'completed',
    ]);
  });
});

test('a body that comes slowly is no silence, whatever is asked for', () => {
  const scheduler = new VirtualTimeScheduler();
  const speech = { status: 200, headers: { 'content-type': 'audio/wav' } };
  const pieces = interval(100, scheduler).pipe(
    take(20),
    map(() => bytes('piece ')),
  );
  const client = clientOn(() => concat(of(speech), pieces), { scheduler, timeouts: { idle: 400 } });
  const run = record<unknown>(client.request({ model: 'm', path: '/audio/speech', body: { input: 'x' } }));
  scheduler.flush();
  expect(run.values).toEqual([expect.objectContaining({ size: 120, type: 'audio/wav' })]);
});

test('what a schema throws at the very end of a stream is the request’s error', () => {
  const strict = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate(value: unknown) {
        if (JSON.stringify(value).includes('stop')) throw new RangeError('no stop');
        return { value };
      },
    },
  };
  const unfinished = bytes(new TextDecoder().decode(event({}, 'stop')).trimEnd()); // its blank line is the end of the body
  const client = clientOn(
    () => new Observable(subscriber => of(head, event({ content: 'Hi' }), unfinished).subscribe(subscriber)),
    { strict },
  );
  const { error } = record(client.stream(request));
  expect((error as Error).cause).toEqual(new RangeError('no stop'));
});

describe('a function of the user’s that throws as an attempt has failed ends that request, and no other', () => {
  const outage = of({ status: 503, headers: {} }, bytes('{"error":{"message":"over capacity"}}'));
  const random = (): number => {
    throw new RangeError('no dice');
  };
  const retry = { maxRetries: 3, random };

  test('where the server says that it failed', () => {
    const scheduler = new VirtualTimeScheduler();
    const client = clientOn(() => outage, { retry, scheduler });
    const { error } = record(client.stream(request));
    scheduler.flush();
    expect(error).toMatchObject({ kind: 'connection', cause: new RangeError('no dice'), attempts: 1 });
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test('where nothing was heard', () => {
    const scheduler = new VirtualTimeScheduler();
    const client = clientOn(() => NEVER, { retry, scheduler, timeouts: { head: 300 } });
    const errors: unknown[] = [];
    for (let n = 0; n < 3; n++) client.stream(request).subscribe({ error: ({ cause }) => errors.push(cause) });
    scheduler.flush();
    expect(errors).toEqual(Array(3).fill(new RangeError('no dice')));
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test.each([Number.NaN, undefined, 'x'])('where it gives %s, of which no wait is made', given => {
    const scheduler = new VirtualTimeScheduler();
    const client = clientOn(() => outage, { retry: { random: () => given as never }, scheduler });
    const { error } = record(client.stream(request));
    expect(error).toMatchObject({ kind: 'connection', cause: expect.any(TypeError) });
    expect(scheduler.actions).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5, 6])('where another line foresees when it would go, after being asked %i times', times => {
    const scheduler = new VirtualTimeScheduler();
    let asked = 0;
    const fairBy = (): string => {
      if (asked++ < times) return 'a';
      throw new RangeError('no key');
    };
    const entry = { base_url, req_per_minute: 1 };
    const options = { transport: () => whole, scheduler, fairBy, fallbackAfter: 1, tokenCounter: () => 10 };
    const client = closing(createChatClient({ m: entry, f: { base_url } }, options));
    const runs = [1, 2, 3].map(() => record(client.stream({ ...request, fallbacks: ['f'] })));
    scheduler.flush();
    expect(runs.every(({ ended }) => ended)).toBe(true);
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
  });
});

describe('what is handed in and is not as it should be ends its request, and no other', () => {
  test.each([[], [{ unit: 'tokens', limit: 10_000, per: '1d' }] as const])(
    'a token counter without a number, budgets %j',
    (...budgets) => {
      let counted = 0;
      const tokenCounter = () => (counted++ === 0 ? EMPTY : of(10));
      const client = clientOn(() => whole, { tokenCounter, budgets });
      const [one, other] = [record(client.stream(request)), record(client.stream(request))];
      expect(one.error).toMatchObject({
        kind: 'connection',
        cause: new TypeError('tokenCounter: completed without a number'),
      });
      expect(other.log.at(-1)).toBe('complete');
      expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
    },
  );

  test('an error that somebody has frozen', () => {
    const frozen = Object.freeze(new ConnectionError('no way', { retryable: false }));
    const client = clientOn(() => throwError(() => frozen));
    expect(record(client.stream(request)).error).toBe(frozen);
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test.each(['breaks off', 'falls silent'])('a head of numbers, whose error %s', how => {
    const scheduler = new VirtualTimeScheduler();
    const odd = { status: 503, headers: { 'retry-after': 2 } as never };
    const rest = how === 'breaks off' ? throwError(() => new Error('reset')) : NEVER;
    const client = clientOn(() => concat(of(odd), rest), { scheduler });
    const runs = [record(client.stream(request)), record(client.stream(request))];
    scheduler.flush();
    expect(runs.map(({ error }) => error)).toMatchObject([{ kind: 'connection' }, { kind: 'connection' }]);
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test('a usage beyond all numbers', () => {
    const usage = { prompt_tokens: 1e308, completion_tokens: 1e308, total_tokens: 1e308 };
    const said = JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [], usage });
    const client = clientOn(() =>
      concat(of(head, event({ content: 'Hi' }, 'stop'), bytes(`data: ${said}\n\ndata: [DONE]\n\n`))),
    );
    for (let n = 0; n < 3; n++) expect(record(client.stream(request)).log.at(-1)).toBe('complete');
  });

  test('a quota that fails as it is told what was taken', async () => {
    const reported = reportedErrors();
    const broken = new RangeError('no books');
    const memory = memoryQuota();
    const quota: Quota = {
      open: (...of) =>
        Object.assign(memory.open(...of), {
          correct() {
            throw broken;
          },
        }),
    };
    const client = clientOn(() => whole, { quota });
    expect([1, 2].map(() => record(client.stream(request)).log.at(-1))).toEqual(['complete', 'complete']);
    expect(client.limits('m').inFlight).toBe(0);
    await expect.poll(() => reported).toEqual([broken, broken]);
  });

  test('notices of a quota that fail', async () => {
    const reported = reportedErrors();
    const { open } = memoryQuota();
    const client = clientOn(() => whole, { quota: { open, notices$: throwError(() => new Error('no notices')) } });
    expect(record(client.stream(request)).log.at(-1)).toBe('complete');
    await new Promise(resolve => setTimeout(resolve));
    expect(reported).toEqual([]);
  });
});

describe('a stream that streamEach hands out, subscribed in its `next` just after', () => {
  test.each([
    { what: 'close({ drain: true })', end: 'complete', sent: 1 },
    { what: 'close()', end: 'closed', sent: 0 },
    { what: 'its signal', end: 'abort', sent: 0 },
  ])('$what', ({ what, end, sent }) => {
    let requests = 0;
    const client = clientOn(() =>
      defer(() => {
        requests++;
        return whole;
      }),
    );
    const aborting = new AbortController();
    const ends: unknown[] = [];
    of({ ...request, signal: aborting.signal })
      .pipe(client.streamEach(), take(1))
      .subscribe(chunks => {
        if (what === 'its signal') aborting.abort();
        else client.close({ drain: what !== 'close()' });
        chunks.subscribe({ error: ({ kind }) => ends.push(kind), complete: () => ends.push('complete') });
      });
    expect([ends, requests]).toEqual([[end], sent]);
    expect(client.limits('m')).toMatchObject({ inFlight: 0, queued: 0 });
  });
});

test('a whole answer that does not end is an error before it fills the memory', () => {
  const piece = new Uint8Array(2 ** 20).fill(32);
  let read = 0;
  const endless = new Observable<Uint8Array>(subscriber => {
    while (!subscriber.closed && read < 64) {
      read++;
      subscriber.next(piece);
    }
  });
  const json = { status: 200, headers: { 'content-type': 'application/json' } };
  const client = clientOn(() => concat(of(json), endless));
  const { error } = record(client.complete({ ...request, stream: false }));
  expect(error).toMatchObject({ kind: 'stream_broken', message: expect.stringContaining('16777216') });
  expect(read).toBe(17);
});

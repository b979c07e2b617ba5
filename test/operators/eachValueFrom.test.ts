import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { contentDeltas, eachValueFrom } from 'rx-groq';
import {
  concat,
  finalize,
  firstValueFrom,
  from,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  share,
  skip,
  throwError,
  VirtualTimeScheduler,
} from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchTransport } from '../../src/transport/fetchTransport.js';
import { advance, ask, clientFor, MODEL, simulate } from '../client/harness.js';

const iterate = <T>(source: Observable<T>) => eachValueFrom(source)[Symbol.asyncIterator]();

async function collect<T>(source: Observable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of eachValueFrom(source)) values.push(value);
  return values;
}

describe('eachValueFrom', () => {
  test('gives every value in order, and ends with the source', async () => {
    expect(await collect(of(1, 2, 3))).toEqual([1, 2, 3]);
    expect(await collect(of())).toEqual([]);
    expect(await collect(of(undefined))).toEqual([undefined]);
  });

  test('throws the error in the loop, after the values before it', async () => {
    const seen: number[] = [];
    const failing = concat(
      of(1, 2),
      throwError(() => new Error('broken')),
    );
    const loop = async (): Promise<void> => {
      for await (const value of eachValueFrom(failing)) seen.push(value);
    };
    await expect(loop()).rejects.toThrow('broken');
    expect(seen).toEqual([1, 2]);
  });

  test('is cold: each loop is a subscription of its own, made when it begins', async () => {
    let subscriptions = 0;
    const values = eachValueFrom(
      new Observable<number>(subscriber => {
        subscriptions++;
        subscriber.next(subscriptions);
        subscriber.complete();
      }),
    );
    const iterator = values[Symbol.asyncIterator]();
    expect(subscriptions).toBe(0);
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    for await (const value of values) expect(value).toBe(2);
    expect(subscriptions).toBe(2);
  });

  test.each(['break', 'throw'] as const)('%s in the loop unsubscribes', async how => {
    let unsubscribed = 0;
    const endless = concat(of(1, 2, 3), NEVER).pipe(finalize(() => unsubscribed++));
    const loop = async (): Promise<void> => {
      for await (const value of eachValueFrom(endless)) {
        if (value < 2) continue;
        if (how === 'throw') throw new Error('mine');
        break;
      }
    };
    if (how === 'throw') await expect(loop()).rejects.toThrow('mine');
    else await loop();
    expect(unsubscribed).toBe(1);
  });

  test('return unsubscribes in the same turn, drops what waits, and answers whoever asks', async () => {
    const source = new Subject<number>();
    const iterator = iterate(source);
    const asking = iterator.next();
    expect(source.observed).toBe(true);
    const returning = iterator.return!();
    expect(source.observed).toBe(false);
    expect(await Promise.all([asking, returning, iterator.next()])).toEqual(Array(3).fill({ done: true }));

    const filled = iterate(of(1, 2));
    await filled.next();
    await filled.return!();
    expect(await filled.next()).toEqual({ done: true, value: undefined });
  });

  test('what is thrown at a generator that goes through it is thrown by it, and unsubscribes', async () => {
    const source = new Subject<number>();
    const generator = (async function* () {
      yield* eachValueFrom(source);
    })();
    const first = generator.next();
    source.next(1);
    await first;
    const mine = new Error('mine');
    await expect(generator.throw(mine)).rejects.toBe(mine);
    expect(source.observed).toBe(false);
    expect(await generator.next()).toEqual({ done: true, value: undefined });
  });

  test('one that was left before it began is never subscribed', async () => {
    const source = new Subject<number>();
    const iterator = iterate(source);
    await iterator.return!();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(source.observed).toBe(false);
  });

  test('several may ask ahead: they are answered in order, and the error once', async () => {
    const source = new Subject<string>();
    const iterator = iterate(source);
    const asking = Promise.allSettled([iterator.next(), iterator.next(), iterator.next()]);
    source.next('a');
    source.error('broken');
    expect(await asking).toEqual([
      { status: 'fulfilled', value: { done: false, value: 'a' } },
      { status: 'rejected', reason: 'broken' },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ]);
  });

  test('an error that nobody asks for is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const heard = (reason: unknown): unknown => unhandled.push(reason);
    process.on('unhandledRejection', heard);
    const source = new Subject<number>();
    const iterator = iterate(source);
    void iterator.next();
    source.next(1);
    source.error(new Error('late'));
    await new Promise(setImmediate);
    process.off('unhandledRejection', heard);
    expect(unhandled).toEqual([]);
    await expect(iterator.next()).rejects.toThrow('late');
  });

  test('nothing is lost or doubled, however values and questions come (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('push', 'pull')), fc.boolean(), async (steps, fails) => {
        const source = new Subject<number>();
        const iterator = iterate(source);
        const asked: Promise<IteratorResult<number>>[] = [iterator.next()];
        let pushed = 0;
        for (const step of steps) {
          if (step === 'push') source.next(pushed++);
          else asked.push(iterator.next());
        }
        if (fails) source.error('end');
        else source.complete();
        while (asked.length < pushed + 2) asked.push(iterator.next());
        const outcomes = await Promise.allSettled(asked);
        const values = outcomes.flatMap(outcome =>
          outcome.status === 'fulfilled' && !outcome.value.done ? [outcome.value.value] : [],
        );
        expect(values).toEqual(Array.from({ length: pushed }, (_, index) => index));
        expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(fails ? 1 : 0);
      }),
    );
  });

  test('a long backlog is taken in order', async () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => index);
    expect(await collect(from(numbers))).toEqual(numbers);
  });

  test('over a real stream: leaving the loop closes the socket', async () => {
    const simulator = await simulate({ tokensPerSecond: 50, answer: () => 'word '.repeat(500) });
    const client = clientFor(simulator);
    const request = ask('a long one', { max_completion_tokens: 500 });
    let text = '';
    for await (const delta of eachValueFrom(client.stream(request).pipe(contentDeltas()))) {
      text += delta;
      if (text.length > 20) break;
    }
    expect(text).toMatch(/^(word ?)+$/);
    expect(client.limits(MODEL).inFlight).toBe(0);
    await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
  });
});

describe('a loop that is slow', () => {
  test('gives its connection back where all has come in one read, more than it lets wait', async () => {
    const event = (delta: object, finish_reason: string | null = null): string =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    const body = `${event({ content: 'word ' }).repeat(400)}${event({}, 'stop')}data: [DONE]\n\n`;
    let connections = 0;
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body);
    });
    server.on('connection', () => connections++);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const client = clientFor({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
    for (let count = 0; count < 4; count++) {
      let text = '';
      for await (const delta of eachValueFrom(client.stream(ask()).pipe(contentDeltas()))) text += delta;
      expect(text).toHaveLength(2000);
    }
    expect(connections).toBeLessThanOrEqual(2); // the next may be sent before the end of the one before has come
  });

  /** A server that streams for as long as its socket takes it, and counts what it has written. */
  async function endless(): Promise<{
    url: string;
    written(): number;
    sockets: Set<Socket>;
    blocked(looks: number): Promise<void>;
  }> {
    const text = 'word '.repeat(200);
    const chunk = { object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: text } }] };
    const event = `data: ${JSON.stringify(chunk)}\n\n`;
    const sockets = new Set<Socket>();
    let written = 0;
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (): void => {
        while (!response.destroyed && response.write(event)) written++;
      };
      response.on('drain', write);
      write();
    });
    server.on('connection', socket => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    /** What it has written stays the same for so many looks, one each 20 ms. */
    const blocked = async (looks: number): Promise<void> => {
      let [before, times] = [0, 0];
      await expect
        .poll(
          () => {
            times = written > 0 && written === before ? times + 1 : 0;
            before = written;
            return times;
          },
          { interval: 20 },
        )
        .toBeGreaterThan(looks);
    };
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      written: () => written,
      sockets,
      blocked,
    };
  }

  describe.each([
    ['undici', undefined],
    ['fetch', fetchTransport],
  ] as const)('by %s', (_, make) => {
    test('holds the socket, and nothing of the answer is lost', async () => {
      const server = await endless();
      const transport = make?.();
      onTestFinished(() => transport?.close());
      const scheduler = new VirtualTimeScheduler();
      const client = clientFor(
        server,
        {},
        { timeouts: { idle: 1000 }, scheduler, ...(transport && { transport: transport.send }) },
      );
      const iterator = iterate(
        client.stream(ask()).pipe(
          contentDeltas(),
          map((delta, index) => ({ delta, index })),
        ),
      );
      expect((await iterator.next()).value?.index).toBe(0);
      await server.blocked(10);
      advance(scheduler, 5000); // longer than `idle`
      const written = server.written();
      // It goes on where it was, through all that waited and what comes after.
      for (let index = 1; index < written + 1000; index++) expect((await iterator.next()).value?.index).toBe(index);
      await server.blocked(10);
      expect(server.written()).toBeGreaterThan(written);
      // Leaving it while it is held closes the socket.
      await iterator.return!();
      expect(client.limits(MODEL).inFlight).toBe(0);
      await expect.poll(() => server.sockets.size).toBe(0);
    });
  });

  test('what is shared is not held', async () => {
    const server = await endless();
    const client = clientFor(server);
    const shared = client.stream(ask()).pipe(share());
    const iterator = iterate(shared);
    void iterator.next();
    const others = await firstValueFrom(shared.pipe(skip(3000)));
    expect(others.choices).toHaveLength(1);
    await iterator.return!();
  });
});

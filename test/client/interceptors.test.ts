import { createChatClient, type Interceptor } from 'rx-groq';
import { firstValueFrom, tap, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { AT_ONCE, ask, clientFor, configFor, simulate } from './harness.js';

/** Says what passes it, and marks it. */
const marking =
  (log: string[], name: string): Interceptor =>
  next =>
  request => {
    log.push(`${name} out`);
    const marked = { ...request, headers: { ...request.headers, 'x-way': `${request.headers['x-way'] ?? ''}${name}` } };
    return next(marked).pipe(tap(event => 'status' in event && log.push(`${name} ${event.status}`)));
  };

test('the first sees a request first and its answer last, at each attempt; the network stays the client’s, which closes it', async () => {
  const log: string[] = [];
  const ways: string[] = [];
  const simulator = await simulate();
  simulator.fault({ kind: 'status', status: 503 });
  const heard: Interceptor = next => request => {
    ways.push(request.headers['x-way']!);
    return next(request);
  };
  const interceptors = [marking(log, 'a'), marking(log, 'b'), heard];
  const client = clientFor(simulator, {}, { interceptors, retry: AT_ONCE });
  await firstValueFrom(client.complete(ask()));
  expect(log).toEqual(['a out', 'b out', 'b 503', 'a 503', 'a out', 'b out', 'b 200', 'a 200']);
  expect(ways).toEqual(['ab', 'ab']);
  await firstValueFrom(client.close());
  await simulator.until(({ connections }) => connections === 0);
});

test('what one fails with is the error of that request alone', async () => {
  const simulator = await simulate();
  let failing = true;
  const fail: Interceptor = next => request => (failing ? throwError(() => new Error('no')) : next(request));
  const client = createChatClient(configFor(simulator), { interceptors: [fail], retry: { maxRetries: 0 } });
  await expect(firstValueFrom(client.complete(ask()))).rejects.toMatchObject({ kind: 'connection' });
  failing = false;
  await expect(firstValueFrom(client.complete(ask()))).resolves.toMatchObject({ object: 'chat.completion' });
  await client[Symbol.asyncDispose]();
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createChatClient } from 'rx-groq';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ask, clientFor, configFor, eventsOf, MODEL, record, simulate } from '../client/harness.js';

/*
 * Nothing leaks: after close() no timer, socket or subscription is left; Node exits by itself.
 */

const slow = { tokensPerSecond: 50, answer: () => 'word '.repeat(40) };
const long = ask('a long one', { max_completion_tokens: 40 });

describe('close()', () => {
  test('cancels what is under way with a ClosedError, wherever it is, and frees every socket', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator, { max_concurrent: 1 });
    const events = eventsOf(client);
    const streaming = record(client.stream(long));
    const waiting = record(client.complete(long));
    await simulator.until(({ streams }) => streams === 1);
    const closed = record(client.close());
    expect([streaming.error, waiting.error]).toMatchObject([
      { kind: 'closed', attempts: 1, model: MODEL },
      { kind: 'closed', attempts: 0, model: MODEL },
    ]);
    expect(events.filter(({ type }) => type === 'failed')).toHaveLength(2);
    await closed.end;
    expect(closed.log).toEqual(['next', 'complete']);
    await simulator.until(({ connections, open }) => connections === 0 && open === 0);
    expect(simulator.stats().requests).toBe(1);
  });

  test('drains if told: what is under way and in line ends, nothing new is taken', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator, { max_concurrent: 1 });
    const streaming = record(client.stream(long));
    const waiting = record(client.complete(long));
    const closed = record(client.close({ drain: true }));
    const late = record(client.stream(ask()));
    expect(late.error).toMatchObject({ kind: 'closed', attempts: 0 });
    expect((late.error as Error).message).toMatch(/Make a new one with createChatClient/);
    expect(closed.ended).toBe(false);
    await closed.end;
    expect([streaming.log.at(-1), waiting.log.at(-1)]).toEqual(['complete', 'complete']);
    await simulator.until(({ connections }) => connections === 0);
    expect(simulator.stats().completed).toBe(2);
  });

  test('cuts a drain short', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator);
    const streaming = record(client.stream(long));
    const draining = record(client.close({ drain: true }));
    await simulator.until(({ streams }) => streams === 1);
    const closed = record(client.close());
    expect(streaming.error).toMatchObject({ kind: 'closed' });
    await Promise.all([draining.end, closed.end]);
    await simulator.until(({ connections }) => connections === 0);
  });

  test('is a command: it acts without a subscriber, and tells a late one', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    await firstValueFrom(client.complete(ask()));
    client.close();
    await simulator.until(({ connections }) => connections === 0);
    expect((await record(client.close()).end).log).toEqual(['next', 'complete']);
  });

  test('ends every Observable of the client without an error', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator);
    const observed = [client.events$, client.status$, client.config$, client.limits$(MODEL)].map(source =>
      record<unknown>(source),
    );
    await lastValueFrom(client.close());
    expect(observed.map(({ log }) => log.at(-1))).toEqual(['complete', 'complete', 'complete', 'complete']);
    const afterwards = [client.events$, client.status$, client.config$, client.limits$(MODEL)].map(source =>
      record<unknown>(source),
    );
    expect(afterwards.map(({ log }) => log.at(-1))).toEqual(['complete', 'complete', 'complete', 'complete']);
  });

  test('works from within a subscriber', async () => {
    const simulator = await simulate(slow);
    const client = clientFor(simulator);
    const { error, values } = await record(
      client.stream(long),
      (_, { values }) => values.length === 3 && client.close(),
    ).end;
    expect(error).toMatchObject({ kind: 'closed' });
    expect(values).toHaveLength(3);
    await simulator.until(({ connections }) => connections === 0);
  });

  test('await using closes', async () => {
    const simulator = await simulate(slow);
    let run: ReturnType<typeof record>;
    {
      await using client = createChatClient(configFor(simulator));
      run = record(client.stream(long));
      await simulator.until(({ streams }) => streams === 1);
    }
    expect(run.error).toMatchObject({ kind: 'closed' });
    await simulator.until(({ connections }) => connections === 0);
  });
});

describe('Node exits by itself', () => {
  const script = (body: string): string => `
    import { lastValueFrom, from, take, toArray } from 'rxjs';
    import { createChatClient } from 'rx-groq';
    const [url] = process.argv.slice(1);
    const model = '${MODEL}';
    const config = { [model]: { base_url: url, api_key: 'gsk_test', dialect: 'groq', token_per_minute: 100000, req_per_minute: 100 } };
    const client = createChatClient(config);
    const ask = content => ({ model, max_completion_tokens: 40, messages: [{ role: 'user', content }] });
    const held = () => process.getActiveResourcesInfo().filter(name => !/^(Pipe|TTY|FSReq)/.test(name));
    ${body}`;

  const closing = `
    await lastValueFrom(client.close());
    process.exitCode = 0;
    const tell = () => process.stdout.write(JSON.stringify(held().filter(name => name !== 'Immediate')));
    setImmediate(() => setImmediate(tell)); // what has been closed is held until the event loop has come round`;

  const cases: readonly { name: string; body: string }[] = [
    { name: 'after answers, with nothing left', body: `await lastValueFrom(client.complete(ask('hi')));${closing}` },
    {
      name: 'after streams that were cut, requests in line, counted tokens',
      body: `
        await lastValueFrom(from(['a', 'b', 'c'].map(ask)).pipe(client.completeEach(), toArray()));
        const streams = [1, 2, 3].map(() => client.stream(ask('long')).subscribe({ error() {} }));
        await lastValueFrom(client.stream(ask('x')).pipe(take(2)));
        await lastValueFrom(client.countTokens(ask('hello')));${closing}`,
    },
    {
      name: 'after a drain',
      body: `
        const answers = lastValueFrom(client.stream(ask('long')));
        client.status$.subscribe(); client.limits$(model).subscribe(); client.events$.subscribe();
        await lastValueFrom(client.close({ drain: true }));
        await answers;${closing}`,
    },
    { name: 'after nothing at all', body: closing },
  ];

  test.each(cases)('$name', async ({ body }) => {
    const simulator = await simulate({ ...slow, answer: () => 'word '.repeat(30) });
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script(body), simulator.url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (out += text));
    child.stderr.on('data', (text: Buffer) => (errors += text));
    const [code] = await once(child, 'close');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(JSON.parse(out)).toEqual([]);
    await simulator.until(({ connections, open }) => connections === 0 && open === 0);
  });
});

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type SimulatorEvent, startSimulator } from '../../src/simulator/index.js';
import { ask, GPT, INSTANT, post, reads, send, simulate, statusOf } from './harness.js';

const NEVER = 1e9;
const streamed = ask('Explain how volcanoes form.', { stream: true, max_completion_tokens: 200 });

/** The simulator's time stands still until it is moved on; that of sockets does not. */
function holdTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('a client that hangs up', () => {
  it('before it is counted is logged at once, and counted all the same when its time comes', async () => {
    holdTime();
    const simulator = await simulate({ ...INSTANT, delayBefore: [150, 150] });
    const control = new AbortController();
    const reply = post(simulator, streamed, { signal: control.signal });
    await simulator.until(({ open }) => open === 1);
    control.abort();
    await expect(reply).rejects.toThrow();
    await simulator.until(({ open, aborted }) => open === 0 && aborted === 1);
    vi.advanceTimersByTime(149);
    expect(simulator.stats().admitted).toBe(0);
    vi.advanceTimersByTime(1);
    await simulator.until(({ admitted }) => admitted === 1);
    const { counted, end, arrival } = simulator.requests()[0]!;
    expect([end! - arrival, counted! - arrival]).toEqual([0, 150]);
    expect(simulator.stats()).toMatchObject({ aborted: 1, completed: 0, open: 0 });
  });

  it('between counting and head', async () => {
    const simulator = await simulate({ ...INSTANT, delayAfter: [NEVER, NEVER] });
    const control = new AbortController();
    const reply = post(simulator, streamed, { signal: control.signal });
    await simulator.until(({ admitted }) => admitted === 1);
    control.abort();
    await expect(reply).rejects.toThrow();
    await simulator.until(({ open, aborted, connections }) => open === 0 && aborted === 1 && connections === 0);
    expect(simulator.requests()).toMatchObject([{ outcome: 'aborted', head: null, status: null }]);
  });

  it('in mid-stream stops the stream, and what it got is known', async () => {
    holdTime();
    const simulator = await simulate({ ...INSTANT, tokensPerSecond: 50, refund: true, counting: 'sliding' });
    const control = new AbortController();
    const reply = post(simulator, streamed, { signal: control.signal });
    await simulator.until(({ open }) => open === 1);
    await vi.advanceTimersByTimeAsync(100);
    await reads(await reply).next();
    expect(simulator.stats().streams).toBe(1);
    control.abort();
    await simulator.until(({ open, streams, aborted }) => open === 0 && streams === 0 && aborted === 1);
    const { used, outcome, requested } = simulator.requests()[0]!;
    expect(outcome).toBe('aborted');
    expect(used.output).toBeGreaterThan(0);
    expect(used.output).toBeLessThanOrEqual(5); // 50 a second, for 100 ms
    const tpm = simulator.stats().models[GPT]!.windows.find(({ kind }) => kind === 'tpm')!;
    expect(tpm.used).toBe(requested.input + used.output);
  });

  it('while an answer in one piece is being made', async () => {
    const simulator = await simulate({ ...INSTANT, tokensPerSecond: 0.001 });
    const control = new AbortController();
    const reply = send(simulator, ask(), { signal: control.signal });
    await simulator.until(({ admitted }) => admitted === 1);
    control.abort();
    await expect(reply).rejects.toThrow();
    await simulator.until(({ open, aborted }) => open === 0 && aborted === 1);
  });

  it('in the middle of its own request is not a request', async () => {
    const simulator = await simulate();
    const socket = connect(simulator.port, '127.0.0.1');
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\ncontent-length: 500\r\n\r\n{',
    );
    await simulator.until(({ connections }) => connections === 1);
    socket.destroy();
    await simulator.until(({ connections }) => connections === 0);
    expect(simulator.requests()).toEqual([]);
    expect((await send(simulator, ask())).status).toBe(200);
  });

  it('while it reads slower than the answer comes, is noticed too', async () => {
    const simulator = await simulate({
      ...INSTANT,
      answer: () => 'word '.repeat(60_000),
      limits: { '*': { tpm: -1 } },
    });
    const control = new AbortController();
    const body = { ...streamed, max_completion_tokens: 60_000 };
    await post(simulator, body, { signal: control.signal });
    await simulator.until(({ streams }) => streams === 1);
    control.abort();
    await simulator.until(({ open, streams, aborted }) => open === 0 && streams === 0 && aborted === 1);
  });
});

describe('the log', () => {
  it('has the instants of a request in their order, and tells them as events', async () => {
    const seen: SimulatorEvent[] = [];
    const simulator = await simulate({ tokensPerSecond: 200, onEvent: event => seen.push(event) });
    const before = simulator.now();
    await send(simulator, ask());
    const { arrival, counted, head, end, ...rest } = simulator.requests()[0]!;
    const instants = [before, arrival, counted!, head!, end!, simulator.now()];
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    expect(rest).toEqual({
      number: 1,
      requestId: expect.stringMatching(/^req_/),
      model: GPT,
      stream: false,
      status: 200,
      requested: { input: 78, output: 50 },
      used: { input: 78, output: 4 },
      outcome: 'completed',
      refusedBy: null,
      fault: null,
    });
    expect(seen.map(({ type }) => type)).toEqual(['arrived', 'counted', 'head', 'ended']);
    expect(seen[0]!.request.outcome).toBe('open');
  });

  it('sums up per model and over all', async () => {
    const simulator = await simulate();
    await Promise.all([send(simulator, ask()), send(simulator, ask('What is 7+7?', { model: 'openai/gpt-oss-120b' }))]);
    const stats = simulator.stats();
    expect(stats).toMatchObject({ requests: 2, completed: 2, inputTokens: 156, outputTokens: 8, reservedTokens: 256 });
    expect(stats.models[GPT]).toMatchObject({
      requests: 1,
      completed: 1,
      inputTokens: 78,
      outputTokens: 4,
      reservedTokens: 128,
    });
    expect(stats.models[GPT]!.windows[0]).toMatchObject({ kind: 'rpm', limit: 30, per: 60_000, peak: 1 });
  });
});

describe('until', () => {
  it('resolves at once if it is so already, rejects if the predicate throws', async () => {
    const simulator = await simulate();
    await simulator.until(({ requests }) => requests === 0);
    const thrown = simulator.until(() => {
      throw new Error('mine');
    });
    await expect(thrown).rejects.toThrow('mine');
  });

  it('rejects when the simulator closes before', async () => {
    const simulator = await simulate();
    const waiting = expect(simulator.until(({ requests }) => requests === 1)).rejects.toThrow('was closed before');
    await simulator.close();
    await waiting;
  });
});

describe('closing', () => {
  it('cuts what is under way and leaves no socket', async () => {
    const simulator = await simulate({ ...INSTANT, delayAfter: [NEVER, NEVER] });
    const reply = expect(post(simulator, streamed)).rejects.toThrow();
    await simulator.until(({ admitted }) => admitted === 1);
    await simulator.close();
    await reply;
    expect(simulator.stats()).toMatchObject({ open: 0, aborted: 1, connections: 0 });
    await expect(post(simulator, streamed)).rejects.toThrow();
  });

  it('with grace lets it finish and takes nothing new', async () => {
    const simulator = await simulate({ ...INSTANT, tokensPerSecond: 200 });
    const socket = connect(simulator.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n');
    await simulator.until(({ connections }) => connections === 1);
    const response = await post(simulator, streamed);
    const closing = simulator.close({ grace: NEVER });
    socket.write('content-length: 0\r\n\r\n');
    const [refused] = await once(socket, 'data');
    expect(String(refused)).toMatch(/^HTTP\/1\.1 503 /);
    expect(await response.text()).toContain('[DONE]');
    await closing;
    expect(simulator.stats()).toMatchObject({ completed: 1, aborted: 0, connections: 0 });
  });

  it('is what `await using` does at the end of a block', async () => {
    const simulator = await startSimulator();
    await simulator[Symbol.asyncDispose]();
    await expect(post(simulator, streamed)).rejects.toThrow();
  });
});

describe('starting', () => {
  it('fails with the system’s error where the port is taken', async () => {
    const { port } = await simulate();
    await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it.each([
    [{ counting: 'leaky' }, 'counting must be bucket, sliding or fixed'],
    [{ timeScale: 0 }, 'timeScale must be a number above 0'],
    [{ delayBefore: [20, 2] }, 'delayBefore must be two numbers of ms, the smaller first'],
    [{ port: 70_000 }, 'port must be 0 to 65535'],
    [{ limits: { m: { rps: 1 } } }, 'unknown window "rps"'],
  ])('%j is refused by name', async (options, message) => {
    await expect(startSimulator(options as object)).rejects.toThrow(message);
  });

  it('works on IPv6, with a URL to match', async () => {
    const able = await new Promise<boolean>(resolve => {
      const probe = createServer()
        .once('error', () => resolve(false))
        .listen(0, '::1', () => probe.close(() => resolve(true)));
    });
    const simulator = await simulate({ ...INSTANT, host: able ? '::1' : '127.0.0.1' });
    expect(simulator.url).toContain(able ? 'http://[::1]:' : 'http://127.0.0.1:');
    expect(await statusOf(post(simulator, ask()))).toBe(200);
  });

  it('answers 500 to a function of the options that throws, and goes on', async () => {
    let calls = 0;
    const simulator = await simulate({
      ...INSTANT,
      answer: () => {
        if (calls++ === 0) throw new Error('mine');
        return 'fine';
      },
    });
    const { status, json } = await send(simulator, ask());
    expect([status, json.error.message]).toEqual([500, 'Error: mine']);
    expect((await send(simulator, ask())).status).toBe(200);
    expect(simulator.stats().open).toBe(0);
  });
});

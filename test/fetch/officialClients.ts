import type { Simulator, SimulatorOptions } from 'rx-groq/simulator';
import { expect, it } from 'vitest';
import { MODEL, question, refusalOf, type Sdk, type SdkOptions, textOf, weather } from './sdks.js';

/** An official client, the simulator that it reaches in the end, and what is between them. */
export interface Bench {
  readonly simulator: Simulator;
  readonly sdk: Sdk;
  readonly queued: () => number;
}

export interface BenchOptions {
  readonly simulator?: SimulatorOptions;
  readonly entry?: Readonly<Record<string, unknown>>;
}

/** What each official client must be able to do, whatever stands between it and the server. */
export function officialClient(
  make: (options: SdkOptions) => Sdk,
  bench: (make: (options: SdkOptions) => Sdk, options?: BenchOptions) => Promise<Bench>,
): void {
  it('gets an answer whole', async () => {
    const { sdk, simulator } = await bench(make);
    const answer = await sdk.chat.completions.create(question());
    expect(answer.choices[0]!.message.content).toBe('14 (simulated)');
    expect(answer.usage!.total_tokens).toBeGreaterThan(50);
    expect(simulator.requests()).toMatchObject([{ model: MODEL, stream: false, outcome: 'completed' }]);
  });

  it('gets an answer streamed', async () => {
    const { sdk, simulator } = await bench(make);
    const stream = await sdk.chat.completions.create({ ...question(), stream: true });
    expect(await textOf(stream)).toBe('14 (simulated)');
    expect(simulator.requests()).toMatchObject([{ stream: true, outcome: 'completed' }]);
  });

  it('gets a tool call, whole and streamed', async () => {
    const { sdk } = await bench(make);
    const { choices } = await sdk.chat.completions.create({ ...question(), ...weather });
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'weather' } }] },
    });
    const names: (string | undefined)[] = [];
    for await (const chunk of await sdk.chat.completions.create({ ...question(), ...weather, stream: true })) {
      const call = chunk.choices[0]!.delta.tool_calls?.[0];
      if (call) names.push(call.function?.name);
    }
    expect(names).toContain('weather');
  });

  it('sees no 429: its request waits and goes again', async () => {
    const { sdk, simulator } = await bench(make);
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 50, times: 2 });
    expect((await sdk.chat.completions.create(question())).choices[0]!.message.content).toBe('14 (simulated)');
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 50 });
    expect(await textOf(await sdk.chat.completions.create({ ...question(), stream: true }))).toBe('14 (simulated)');
    expect(simulator.stats().requests).toBe(5);
  });

  it.each([true, false])('gets the true status of an error, streamed: %s', async stream => {
    const { sdk, simulator } = await bench(make);
    simulator.fault({
      kind: 'status',
      status: 400,
      body: { error: { message: 'no such thing', type: 'invalid_request_error', code: 'odd' } },
    });
    const asking = sdk.chat.completions.create({ ...question(), stream });
    expect(await refusalOf(asking)).toMatchObject({ status: 400, code: 'odd', message: 'no such thing' });
  });

  it('is told of a model that is not configured, and nothing is sent', async () => {
    const { sdk, simulator } = await bench(make);
    const asking = sdk.chat.completions.create({ ...question(), model: 'gpt-none' });
    expect(await refusalOf(asking)).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(simulator.stats()).toMatchObject({ requests: 0, invalid: 0 });
  });

  it('is told of a request that no window can hold', async () => {
    const { sdk } = await bench(make, { entry: { token_per_minute: 100 } });
    const asking = sdk.chat.completions.create({ ...question(), max_completion_tokens: 5000 });
    expect(await refusalOf(asking)).toMatchObject({ status: 413, code: 'request_too_large' });
  });

  it.each(['cut', 'reset-mid-stream', 'stream-error'] as const)(
    'takes no half answer for a whole one: %s',
    async kind => {
      const { sdk, simulator } = await bench(make);
      simulator.fault({ kind, after: 3 });
      const stream = await sdk.chat.completions.create({ ...question('Why is the sky blue?'), stream: true });
      await expect(textOf(stream)).rejects.toThrow();
      expect(simulator.stats().requests).toBe(1); // what has been seen is never asked for again
    },
  );

  it('frees its place in line when it gives up', async () => {
    const { sdk, simulator, queued } = await bench(make, { entry: { windows: [{ limit: 1, per: '1h' }] } });
    await sdk.chat.completions.create(question());
    const abort = new AbortController();
    const asking = sdk.chat.completions.create(question(), { signal: abort.signal });
    const failing = expect(asking).rejects.toThrow(/abort/i);
    await expect.poll(queued).toBe(1);
    abort.abort();
    await failing;
    await expect.poll(queued).toBe(0);
    expect(simulator.stats().requests).toBe(1);
  });

  it('closes the connection to the server when it leaves in mid-stream', async () => {
    const { sdk, simulator } = await bench(make, { simulator: { tokensPerSecond: 20 } });
    const stream = await sdk.chat.completions.create({ ...question('Why is the sky blue?'), stream: true });
    for await (const chunk of stream) if (chunk.choices[0]!.delta.content) break;
    await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
  });
}

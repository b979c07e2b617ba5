import { type ChatClientOptions, type ChatEvent, createChatClient } from 'rx-groq';
import type { SimulatorOptions } from 'rx-groq/simulator';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ask, clientFor, eventsOf, MODEL, record, simulate } from './harness.js';

const tokenCounter: ChatClientOptions['tokenCounter'] = () => 100;
const server: SimulatorOptions = { countTokens: () => 100, refund: false };
const fittings = (events: readonly ChatEvent[]) =>
  events.flatMap(event => (event.type === 'output_fitted' ? [[event.from, event.to]] : []));

describe('fitOutput', () => {
  it.each([
    ['tokens', { token_per_minute: 1000 }, 900],
    ['the tokens of a day', { token_per_minute: 5000, token_per_day: 800 }, 700],
    ['output tokens', { token_per_minute: 5000, output_token_per_minute: 400 }, 400],
    ['tokens, or the context,', { token_per_minute: 5000, context_window: 700 }, 600],
  ])('lowers a cap to what windows of %s leave beside the prompt, tells, and sends that', async (_, windows, to) => {
    const simulator = await simulate(server);
    const client = clientFor(simulator, windows, { tokenCounter, fitOutput: true });
    const events = eventsOf(client);
    await firstValueFrom(client.complete(ask('Hello', { max_completion_tokens: 2000 })));
    expect(fittings(events)).toEqual([[2000, to]]);
    expect(simulator.requests()).toMatchObject([{ requested: { input: 100, output: to }, outcome: 'completed' }]);
  });

  it('lowers it under the name that it has', async () => {
    const simulator = await simulate(server);
    const client = clientFor(simulator, { token_per_minute: 1000 }, { tokenCounter, fitOutput: true });
    const { max_completion_tokens: _, ...request } = ask('Hello', { max_tokens: 2000 });
    await firstValueFrom(client.complete(request));
    expect(simulator.requests()).toMatchObject([{ requested: { output: 900 } }]);
  });

  it('leaves alone what fits, and what has no cap', async () => {
    const simulator = await simulate(server);
    const client = clientFor(simulator, { token_per_minute: 5000 }, { tokenCounter, fitOutput: true });
    const events = eventsOf(client);
    await firstValueFrom(client.complete(ask()));
    await firstValueFrom(client.complete({ model: MODEL, messages: ask().messages }));
    expect(fittings(events)).toEqual([]);
  });

  it.each([false, true])(
    'is too large where it is %s and the prompt alone fills the window, or where it is off',
    async fitOutput => {
      const client = clientFor(
        await simulate(server),
        { token_per_minute: fitOutput ? 100 : 1000 },
        { tokenCounter, fitOutput },
      );
      const { error } = await record(client.complete(ask('Hello', { max_completion_tokens: 2000 }))).end;
      expect(error).toMatchObject({ kind: 'request_too_large', requested: 2100 });
    },
  );

  it("with 'now' goes at once with what is free, unless most answers were longer than that", async () => {
    const simulator = await simulate({ ...server, answer: () => 'yes' });
    const windows = [{ limit: 1000, per: '1h', unit: 'tokens' as const }];
    const client = clientFor(simulator, { windows, refund: 'never' }, { tokenCounter, fitOutput: 'now' });
    const events = eventsOf(client);
    for (let answer = 0; answer < 6; answer++) {
      await firstValueFrom(client.complete(ask('Hello', { max_completion_tokens: 2 })));
    }
    // 612 are taken and 288 free beside the prompt; until more is known, an answer is forecast to have 1024.
    const waiting = record(client.complete(ask('Hello', { max_completion_tokens: 500 })));
    expect(fittings(events)).toEqual([]);
    expect(client.limits(MODEL).queued).toBe(1);
    waiting.subscription.unsubscribe();
  });

  it("with 'now' lowers to what is free", async () => {
    const simulator = await simulate({ ...server, answer: () => 'yes' });
    const windows = [{ limit: 3000, per: '1h', unit: 'tokens' as const }];
    const client = clientFor(simulator, { windows, refund: 'never' }, { tokenCounter, fitOutput: 'now' });
    const events = eventsOf(client);
    await firstValueFrom(client.complete(ask('Hello', { max_completion_tokens: 1000 })));
    await firstValueFrom(client.complete(ask('Hello', { max_completion_tokens: 2500 })));
    expect(fittings(events)).toEqual([[2500, 1800]]);
    expect(simulator.requests()).toMatchObject([{}, { requested: { output: 1800 }, outcome: 'completed' }]);
  });

  it('is a TypeError where it is neither', () => {
    expect(() => createChatClient({ m: {} }, { fitOutput: 'later' as 'now' })).toThrow(
      /fitOutput: expected one of false, true, now, got later/,
    );
  });
});

describe('a request without a cap', () => {
  it('reserves what a refusal says that the server does', async () => {
    const simulator = await simulate(server);
    const message =
      'Rate limit reached for model `m` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 8000, Used 7000, Requested 3100. Please try again in 1ms.';
    const body = { error: { message, type: 'tokens', code: 'rate_limit_exceeded' } };
    simulator.fault({ kind: 'status', status: 429, body, retryAfterMs: 1 });
    const windows = [{ limit: 3050, per: '1h', unit: 'tokens' as const }];
    const client = clientFor(simulator, { windows }, { tokenCounter });
    // It fits as long as it is forecast to have 1024 tokens.
    const { error } = await record(client.complete({ model: MODEL, messages: ask().messages })).end;
    expect(error).toMatchObject({ kind: 'request_too_large', requested: 3100, limit: 3050 });
  });
});

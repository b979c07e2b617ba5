import {
  type ChatClientOptions,
  type ChatFailure,
  type ChatRequest,
  createChatClient,
  type ModelConfig,
} from 'rx-groq';
import { Observable, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { wholeAnswer } from './harness.js';

/* A quota of a day that others have used up, in virtual time: whoever would have to wait for it for hours fails or falls back, unsent. */

const day = {
  limit: 100_000,
  message: (kind: string, requested: string, wait: string) =>
    `Rate limit reached for model \`m\` in organization \`org_x\` service tier \`on_demand\` on ${kind}: Limit 100000, Used 99000, ` +
    `Requested ${requested}. Please try again in ${wait}. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing`,
};
const named = day.message('tokens per day (TPD)', '2000', '14m24s');

interface Play {
  readonly clock: VirtualTimeScheduler;
  /** Model and prompt of what was sent, in order. */
  readonly sent: readonly string[];
  readonly outcomes: Record<string, string | ChatFailure>;
  readonly ask: (prompt: string, more?: Partial<ChatRequest>) => void;
  readonly limits: () => unknown;
}

/** A client of `m`, whose day is gone for all but small requests, and `n`, which answers. */
function play(config: ModelConfig = {}, options: ChatClientOptions = {}, message = named): Play {
  const clock = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  const groq = { base_url: 'https://api.groq.com/openai/v1', api_key: 'k' };
  const sent: string[] = [];
  const outcomes: Record<string, string | ChatFailure> = {};
  const client = createChatClient(
    { m: { ...groq, max_concurrent: 1, ...config }, n: groq },
    {
      scheduler: clock,
      tokenCounter: () => 100,
      transport: ({ body }) =>
        new Observable(subscriber =>
          clock.schedule(() => {
            const { model, messages, max_completion_tokens: cap } = JSON.parse(body!);
            sent.push(`${model} ${messages[0].content}`);
            const refused = model === 'm' && cap > 500;
            subscriber.next({ status: refused ? 429 : 200, headers: { 'content-type': 'application/json' } });
            subscriber.next(new TextEncoder().encode(refused ? JSON.stringify({ error: { message } }) : answer));
            subscriber.complete();
          }, 5),
        ),
      ...options,
    },
  );
  return {
    clock,
    sent,
    outcomes,
    ask(prompt, more) {
      client
        .complete({
          model: 'm',
          messages: [{ role: 'user', content: prompt }],
          max_completion_tokens: 1900,
          stream: false,
          ...more,
        })
        .subscribe({
          next: ({ model }) => {
            outcomes[prompt] = `answered by ${model} at ${clock.now()}`;
          },
          error: error => {
            outcomes[prompt] = error;
          },
        });
    },
    limits: () => client.limits('m').windows.map(({ unit, per, limit }) => `${limit} ${unit} in ${per}`),
  };
}

const answer = wholeAnswer('Yes', 'n');

describe('once the server has said that the day is gone', () => {
  test.each<[string, ModelConfig, ChatClientOptions]>([
    ['the config does not have the window', {}, {}],
    ['the config has it', { token_per_day: 100_000 }, {}],
    ['the config has more', { token_per_day: 500_000 }, {}],
    ['another dialect counts it', { token_per_day: 100_000, dialect: 'openai' }, {}],
    ['maxWait is short', {}, { maxWait: 60_000 }],
  ])('nobody sleeps for hours, and those behind fail unsent: %s', (_, config, options) => {
    const { clock, ask, sent, outcomes, limits } = play(config, options);
    for (const prompt of ['a', 'b', 'c']) ask(prompt);
    clock.schedule(() => ask('late'), 1000);
    clock.flush();
    expect(clock.now()).toBeLessThan(2000);
    expect(sent).toEqual(['m a']);
    for (const prompt of ['a', 'b', 'c', 'late']) expect(outcomes[prompt]).toMatchObject({ kind: 'rate_limit' });
    expect(outcomes.b).toMatchObject({ window: 'tokens per 1d', limit: day.limit });
    expect(limits()).toContain('100000 tokens in 86400000');
  });

  test('whoever has a fallback takes it, unsent', () => {
    const { clock, ask, sent, outcomes } = play();
    for (const prompt of ['a', 'b']) ask(prompt, { fallbacks: ['n'] });
    clock.flush();
    expect(sent).toEqual(['m a', 'n b', 'n a']);
    expect(outcomes).toEqual({ a: 'answered by n at 10', b: 'answered by n at 10' });
  });

  test('what still fits goes', () => {
    const { clock, ask, sent } = play();
    ask('a');
    ask('b');
    ask('small', { max_completion_tokens: 100 });
    clock.flush();
    expect(sent).toEqual(['m a', 'm small']);
  });

  test('an old text that names no window is about the one with its limit', () => {
    const old = day.message('', '~2000', '14m24s');
    const { clock, ask, sent } = play({ token_per_day: 100_000, token_per_minute: 6000 }, {}, old);
    ask('a');
    ask('b');
    clock.flush();
    expect(sent).toEqual(['m a']);
  });
});

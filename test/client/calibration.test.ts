import { type ChatClient, type ChatClientOptions, createChatClient, type UsageRecord } from 'rx-groq';
import type { SimulatorOptions } from 'rx-groq/simulator';
import { concatMap, firstValueFrom, lastValueFrom, range, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ask, clientFor, closing, configFor, KEY, MODEL, simulate } from './harness.js';

/** Tokens of ours: words. */
const tokenCounter: ChatClientOptions['tokenCounter'] = ({ messages }) =>
  messages.reduce((sum, { content }) => sum + String(content).split(' ').length, 0);
const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');
/** A server whose tokenizer makes a fifth more of them, and whose template adds 35. */
const differs: SimulatorOptions = {
  countTokens: messages =>
    35 + messages.reduce((sum, { content }) => sum + Math.floor(1.2 * String(content).split(' ').length), 0),
};

/** Lengths of the prompts that teach. */
const lessons = Array.from({ length: 12 }, (_, index) => 50 + 10 * index);

const converse = (client: ChatClient, model = MODEL) =>
  lastValueFrom(
    range(0, 12).pipe(
      concatMap(index => client.complete(ask(words(50 + 83 * (index % 5)), { model }))),
      toArray(),
    ),
  );

describe('calibration', () => {
  it('is learnt from each answer and shown in limits$, where it changes', async () => {
    const client = clientFor(await simulate(differs), { token_per_minute: 1e6 }, { tokenCounter });
    const answers = new Set<number>();
    client.limits$(MODEL).subscribe(({ calibration }) => answers.add(calibration.answers));
    await converse(client);
    expect([...answers]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const { factor, perMessage, perPrompt, error } = client.limits(MODEL).calibration;
    expect(factor).toBeCloseTo(1.2, 1);
    expect(perMessage + perPrompt).toBeGreaterThan(30);
    expect(error).toBeLessThan(0.02);
    const { usage } = await firstValueFrom(client.complete(ask(words(300))));
    const expected = await firstValueFrom(client.countTokens(ask(words(300))));
    expect(Math.abs(expected / usage!.prompt_tokens - 1)).toBeLessThan(0.02);
  });

  it('holds for a model that nobody has configured', async () => {
    const simulator = await simulate({
      ...differs,
      limits: { '*': { rpm: -1, rpd: -1, tpm: -1, tpd: -1 }, 'new/model': {} },
    });
    const config = { '*': { base_url: simulator.url, api_key: KEY, token_per_minute: 1e6 } };
    const client = closing(createChatClient(config, { tokenCounter }));
    await converse(client, 'new/model');
    expect(client.limits('new/model').calibration).toMatchObject({ answers: 12 });
    expect(client.limits('new/model').calibration.error).toBeLessThan(0.02);
    expect(client.limits('another').calibration).toMatchObject({ answers: 0, error: null });
  });

  it('outlives the process in a usage store', async () => {
    const simulator = await simulate(differs);
    let saved: UsageRecord | undefined;
    const usageStore = {
      load: () => saved,
      save(usage: UsageRecord) {
        saved = JSON.parse(JSON.stringify(usage));
      },
    };
    const options = { tokenCounter, usageStore };
    const first = createChatClient(configFor(simulator, { token_per_minute: 1e6 }), options);
    await converse(first);
    const learnt = first.limits(MODEL).calibration;
    await first[Symbol.asyncDispose]();
    expect(saved!.prompts![MODEL]).toHaveLength(12);

    const second = clientFor(simulator, { token_per_minute: 1e6 }, options);
    expect(second.limits(MODEL).calibration).toEqual(learnt);
  });

  it.each([
    ['prompts', { prompts: [] }],
    ['prompts.m', { prompts: { m: [[1, 2]] } }],
    ['prompts.m', { prompts: { m: [[1, 2, -3]] } }],
  ])('that a store gives back broken is a store_error: %s', async (name, broken) => {
    const load = () => ({ version: 1, savedAt: 0, pools: {}, ...broken }) as unknown as UsageRecord;
    const client = clientFor(await simulate(), {}, { usageStore: { load, save() {} } });
    const event = await firstValueFrom(client.events$);
    expect(event).toMatchObject({ type: 'store_error', during: 'load' });
    expect(String((event as { error?: unknown }).error)).toContain(`${name}:`);
  });

  it('makes no request impossible by being careful: the server decides on what may just fit', async () => {
    const spread = Array.from({ length: 20 }, (_, index) => [100, 1, 100 + (index % 4) * 5]);
    const load = () => ({ version: 1, savedAt: 0, pools: {}, prompts: { [MODEL]: spread } }) as unknown as UsageRecord;
    const server = await simulate({ countTokens: messages => String(messages[0]?.content).split(' ').length });
    const client = clientFor(server, { token_per_minute: 1000 }, { tokenCounter, usageStore: { load, save() {} } });
    const { factor, perMessage, perPrompt } = client.limits(MODEL).calibration;
    const likely = Math.round(factor * 800 + perMessage + perPrompt);
    expect(likely).toBeGreaterThan(800);
    const fits = (cap: number) => client.complete(ask(words(800), { max_completion_tokens: cap }));
    await expect(firstValueFrom(fits(1001 - likely))).rejects.toMatchObject({ kind: 'request_too_large' });
    await firstValueFrom(fits(1000 - likely));
  });

  it('that finds a waiting request too large for its context fails that one, and the others go', async () => {
    const server = await simulate({ countTokens: messages => 2 * String(messages[0]?.content).split(' ').length });
    const entry = (limit: number) => ({
      windows: [{ limit, per: '1h' as const }],
      token_per_minute: 1e6,
      context_window: 1000,
    });
    const client = clientFor(server, entry(12), { tokenCounter });
    const ended = (count: number) => lastValueFrom(client.complete(ask(words(count), { max_completion_tokens: 1 })));
    const ends = [...lessons, 600, 50].map(ended);
    const settled = Promise.allSettled(ends);
    await Promise.all(ends.slice(0, 12));
    client.reloadConfig(configFor(server, entry(14))); // lets the others go, once the lessons have been learnt
    const all = await settled;
    expect(all.map(({ status }) => status)).toEqual([...lessons.map(() => 'fulfilled'), 'rejected', 'fulfilled']);
    expect(all[12]).toMatchObject({ reason: { kind: 'request_too_large', window: 'context window' } });
  });
});

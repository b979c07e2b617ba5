import type { ChatClient } from 'rx-groq';
import { firstValueFrom, from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ask, clientFor, MODEL, simulate } from './harness.js';

/*
 * Heads of a burst overtake each other: one that was written before the server counted the others comes after them, and shows more
 * left than we count. That is no refund. Taken for one, it had everything settled by usage, and the next requests refused.
 */
describe('refund: learn', () => {
  const limit = 10_000;
  const request = ask('What is it?', { max_completion_tokens: 700 });
  /** Tokens that one of them takes at the least where nothing is given back. */
  const reserved = 770;
  const used = (client: ChatClient): number => client.limits(MODEL).windows[0]!.used;
  /** What the bucket has got back at the most since then, which on a busy machine is much. */
  const refilled = (since: number): number => ((performance.now() - since) * limit) / 60_000;

  async function afterBurst(refund: boolean): Promise<ChatClient> {
    const simulator = await simulate({
      limits: { [MODEL]: { tpm: limit } },
      delayAfter: [0, 400],
      answer: () => 'yes yes yes yes yes yes yes yes yes yes',
      tokensPerSecond: 20, // all heads come before the first end
      refund,
    });
    const client = clientFor(simulator, { token_per_minute: limit }, { tokenCounter: () => reserved - 700 });
    await firstValueFrom(from(Array.from({ length: 8 }, () => request)).pipe(client.completeEach(), toArray()));
    return client;
  }

  it('is not believed because heads overtake each other', async () => {
    const began = performance.now();
    expect(used(await afterBurst(false)) + refilled(began)).toBeGreaterThan(0.9 * 8 * reserved);
  });

  it('is not believed because of the full windows in the head of a 413', async () => {
    const simulator = await simulate({ limits: { [MODEL]: { tpm: limit } }, answer: () => 'yes', refund: false });
    const client = clientFor(simulator, { token_per_minute: limit }, { tokenCounter: () => reserved - 700 });
    const began = performance.now();
    for (let turn = 0; turn < 5; turn++) await firstValueFrom(client.complete(request));
    const tooLarge = ask('word '.repeat(6000), { max_completion_tokens: 5000 });
    for (let turn = 0; turn < 2; turn++) {
      await expect(firstValueFrom(client.complete(tooLarge))).rejects.toMatchObject({ status: 413 });
    }
    await firstValueFrom(client.complete(request));
    expect(used(client) + refilled(began)).toBeGreaterThan(5.5 * reserved);
  });

  it('is believed where answers that come alone show it', async () => {
    const client = await afterBurst(true);
    for (let turn = 0; turn < 2; turn++) await firstValueFrom(client.complete(request));
    const before = used(client);
    await firstValueFrom(client.complete(request));
    expect(used(client) - before).toBeLessThan(reserved / 2);
  });
});

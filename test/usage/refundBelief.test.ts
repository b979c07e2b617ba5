import { firstValueFrom } from 'rxjs';
import { expect, test } from 'vitest';
import { ask, clientFor, MODEL, simulate } from '../client/harness.js';

/*
 * What was in flight when a process was killed counts as used, though it may never have arrived. Then the server has more left than we
 * count. That is no refund: taken for one, the next requests would be counted too low and be refused.
 */
test('more left than what was kept says is no sign of a refund', async () => {
  const limit = 10_000;
  const reserved = 770;
  const simulator = await simulate({ limits: { [MODEL]: { tpm: limit } }, answer: () => 'yes', refund: false });
  const client = clientFor(
    simulator,
    { token_per_minute: limit },
    {
      tokenCounter: () => reserved - 700,
      usageStore: {
        load: () => ({
          version: 1,
          savedAt: Date.now(),
          pools: { [MODEL]: [{ unit: 'tokens', per: 60_000, counted: [[0, 4000]] }] },
        }),
        save() {},
      },
    },
  );
  const used = (): number => client.limits(MODEL).windows[0]!.used;
  const request = ask('What is it?', { max_completion_tokens: 700 });
  for (let turn = 0; turn < 4; turn++) await firstValueFrom(client.complete(request));
  const [before, began] = [used(), performance.now()];
  await firstValueFrom(client.complete(request));
  const refilled = ((performance.now() - began) * limit) / 60_000; // at the most
  expect(used() - before + refilled).toBeGreaterThan(0.8 * reserved);
});

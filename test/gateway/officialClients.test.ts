import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { KEY } from '../client/harness.js';
import { type BenchOptions, officialClient } from '../fetch/officialClients.js';
import { MODEL, question, refusalOf, type Sdk, type SdkOptions } from '../fetch/sdks.js';
import { clients } from './clients.js';
import { gatewayWith } from './harness.js';

async function bench(make: (options: SdkOptions) => Sdk, { simulator: settings, entry }: BenchOptions = {}) {
  const { gateway, simulator } = await gatewayWith({
    ...(settings && { simulator: settings }),
    ...(entry && { entry }),
    client: { retry: { baseDelay: 1, maxDelay: 1, maxRetries: 1 } },
  });
  return { simulator, sdk: make({ url: gateway.url }), queued: () => gateway.client.limits(MODEL).queued };
}

/** What each client can do, for the eyes: `npx vitest test/gateway/officialClients` prints it. */
const table: Record<string, Record<string, string>> = {};
afterEach(({ task }) => {
  const client = task.suite!.name.split(' ')[0]!;
  table[task.name] = { ...table[task.name], [client]: task.result?.state === 'fail' ? 'FAILED' : 'yes' };
});
afterAll(() => console.table(table));

describe.each(clients)('$name through the gateway', ({ make }) => {
  officialClient(make, bench);

  it('gets the list of models', async () => {
    const { sdk } = await bench(make);
    const { data } = await sdk.models.list();
    expect(data.map(({ id }) => id)).toContain(MODEL);
  });

  it('does not see a fault of the moment; nor does it multiply retries that were in vain', async () => {
    const { simulator, sdk } = await bench(make);
    simulator.fault({ kind: 'status', status: 503 });
    expect((await sdk.chat.completions.create(question())).choices[0]!.message.content).toBe('14 (simulated)');
    const { gateway, simulator: another } = await gatewayWith({
      client: { retry: { baseDelay: 1, maxDelay: 1, maxRetries: 1 } },
    });
    another.fault({ kind: 'status', status: 503, times: 99 });
    const stubborn = make({ url: gateway.url, maxRetries: 2 });
    expect(await refusalOf(stubborn.chat.completions.create(question()))).toMatchObject({ status: 503 });
    expect(another.stats().requests).toBe(2);
  });

  it('is not shown the key of the server behind, nor that it was refused', async () => {
    const { sdk } = await bench(make, { simulator: { apiKeys: ['another'] } });
    const refusal = await refusalOf(sdk.chat.completions.create(question()));
    expect(refusal).toMatchObject({ status: 502, code: 'upstream_refused' });
    expect(JSON.stringify(refusal)).not.toContain(KEY.slice(0, 8));
  });
});

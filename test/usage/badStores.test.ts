import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChatClientOptions, createChatClient, fileUsageStore, type UsageStore } from 'rx-groq';
import { firstValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ask, clientFor, configFor, eventsOf, MODEL, simulate } from '../client/harness.js';
import { folder } from './harness.js';

/** A client with this store, after it has been asked once. */
async function asked(usageStore: UsageStore) {
  const simulator = await simulate();
  const client = clientFor(simulator, { req_per_day: 20 }, { usageStore });
  const events = eventsOf(client);
  const answer = await firstValueFrom(client.complete(ask()));
  const dayUsed = client.limits(MODEL).day_used;
  await client[Symbol.asyncDispose]();
  expect(answer.choices[0]!.message.content).toContain('14');
  return { dayUsed, errors: events.filter(event => event.type === 'store_error') };
}

const window = { unit: 'requests', per: 86_400_000, counted: [[0, 5]] };
const good = { version: 1, savedAt: Date.now(), pools: { [MODEL]: [window] } };
const broken = (more: object): string => JSON.stringify({ ...good, pools: { [MODEL]: [{ ...window, ...more }] } });

describe('a file that is no record is a warning, a fresh start, and a good file again at the end', () => {
  test.each([
    ['empty', '', /JSON/],
    ['cut off', JSON.stringify(good).slice(0, -9), /JSON/],
    ['binary', '\u0000\u0001\ufffd', /JSON/],
    ['a list', '[]', /record: expected an object, got \[\]/],
    ['a number', '7', /record: expected an object, got 7/],
    ["somebody else's", '{"name":"rx-groq","version":"0.1.0"}', /version: expected 1, got "0.1.0"/],
    ['of a later version', JSON.stringify({ ...good, version: 2 }), /version: expected 1, got 2/],
    ['of no time', JSON.stringify({ ...good, savedAt: 'now' }), /savedAt: expected ms since 1970, got "now"/],
    ['without pools', JSON.stringify({ ...good, pools: null }), /pools: expected an object, got null/],
    ['with a pool that is none', JSON.stringify({ ...good, pools: { m: {} } }), /pools\.m: expected an array/],
    [
      'with a window that is none',
      JSON.stringify({ ...good, pools: { m: [null] } }),
      /pools\.m\[0\]: expected an object/,
    ],
    ['with no unit', broken({ unit: 1 }), /unit: expected a name, got 1/],
    ['with no length', broken({ per: 0 }), /per: expected ms, got 0/],
    ['with nothing counted', broken({ counted: 5 }), /counted: expected an array, got 5/],
    ['with words for numbers', broken({ counted: [['1', '2']] }), /counted: expected pairs/],
    ['with less than nothing used', broken({ counted: [[0, -5]] }), /counted: expected pairs/],
    ['with use in a far future', broken({ counted: [[-1e9, 5]] }), /counted: expected pairs/],
  ])('%s', async (_, text, message) => {
    const file = join(folder(), 'usage.json');
    writeFileSync(file, text);
    const { dayUsed, errors } = await asked(fileUsageStore(file));
    expect(dayUsed).toBe(1);
    expect(errors).toMatchObject([{ during: 'load', id: 'store', error: { message: expect.stringMatching(message) } }]);
    expect((await asked(fileUsageStore(file))).dayUsed).toBe(2);
  });

  test('a good one is none', async () => {
    const file = join(folder(), 'usage.json');
    writeFileSync(file, JSON.stringify(good));
    expect(await asked(fileUsageStore(file))).toEqual({ dayUsed: 6, errors: [] });
  });
});

describe('a store that does not work', () => {
  const no = (): never => {
    throw new Error('no');
  };
  const later = (): Promise<never> => Promise.reject(new Error('no'));

  test.each([
    ['throws when it is read', { load: no, save: () => {} }, ['load']],
    ['rejects when it is read', { load: later, save: () => {} }, ['load']],
    ['throws when it is written', { load: () => null, save: no }, ['save']],
    ['rejects when it is written', { load: () => null, save: later }, ['save']],
    ['does neither', { load: no, save: later }, ['load', 'save']],
  ])('%s: a warning, and the client works', async (_, store, told) => {
    const { dayUsed, errors } = await asked(store);
    expect(dayUsed).toBe(1);
    expect(errors.map(({ during }) => during)).toEqual(told);
    for (const { error } of errors) expect(error).toEqual(new Error('no'));
  });

  test('is told to whoever listens first, however late', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, {}, { usageStore: { load: no, save: () => {} } });
    await firstValueFrom(client.complete(ask()));
    expect(eventsOf(client)).toMatchObject([{ type: 'store_error', during: 'load' }]);
    expect(eventsOf(client)).toEqual([]);
  });

  test.each([[{}], [{ load: () => null }], ['usage.json'], [{ load: 'a', save: 'b' }]])(
    '%o is none: createChatClient throws',
    usageStore => {
      const options = { usageStore } as unknown as ChatClientOptions;
      const make = () => createChatClient(configFor({ url: 'http://localhost:1/v1' }), options);
      expect(make).toThrow(new TypeError('usageStore: expected { load, save }, such as fileUsageStore(path)'));
    },
  );
});

import {
  type ChatEvent,
  createChatClient,
  fileUsageStore,
  type LearntPrompt,
  type UsageRecord,
  type UsageStore,
  type WindowUsage,
} from 'rx-groq';
import { of } from 'rxjs';
import { describe, expectTypeOf, test } from 'vitest';

declare const record: UsageRecord;

describe('a usage store', () => {
  test('answers at once, by a promise, or by an Observable', () => {
    createChatClient({}, { usageStore: fileUsageStore('usage.json') });
    createChatClient({}, { usageStore: { load: () => null, save() {} } });
    createChatClient({}, { usageStore: { load: async () => record, save: async () => 'OK' } });
    createChatClient({}, { usageStore: { load: () => of(undefined), save: usage => of(usage.savedAt) } });
    const inBrowser: UsageStore = {
      load: () => JSON.parse(localStorage.getItem('usage') ?? 'null'),
      save: usage => localStorage.setItem('usage', JSON.stringify(usage)),
    };
    createChatClient({}, { usageStore: inBrowser });
  });

  test('has both methods, and gives records', () => {
    // @ts-expect-error -- it can't save
    createChatClient({}, { usageStore: { load: () => null } });
    // @ts-expect-error -- a path is no store
    createChatClient({}, { usageStore: 'usage.json' });
    // @ts-expect-error -- no record
    createChatClient({}, { usageStore: { load: () => ({ used: 5 }), save() {} } });
  });

  test('is given what can be stored as JSON', () => {
    expectTypeOf<UsageRecord['pools'][string]>().toEqualTypeOf<readonly WindowUsage[]>();
    expectTypeOf(record.pools.m![0]!.counted).toEqualTypeOf<readonly (readonly [number, number])[]>();
    expectTypeOf(record.prompts?.m?.[0]).toEqualTypeOf<LearntPrompt | undefined>();
    // @ts-expect-error -- it is not the store's to change
    record.savedAt = 0;
  });

  test('that fails is an event', () => {
    const event = {} as ChatEvent;
    if (event.type !== 'store_error') return;
    expectTypeOf(event.during).toEqualTypeOf<'load' | 'save'>();
    expectTypeOf(event.error).toBeUnknown();
    expectTypeOf(event.request).toBeNull();
  });
});

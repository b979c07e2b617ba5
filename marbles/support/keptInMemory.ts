import type { UsageRecord, UsageStore } from 'rx-groq';

/** A store that outlives the clients of one test; as from a file, what is read is never the object that was saved. */
export function keptInMemory(): UsageStore & { readonly saves: UsageRecord[] } {
  const saves: UsageRecord[] = [];
  return {
    saves,
    load: () => structuredClone(saves.at(-1)),
    save(usage) {
      saves.push(structuredClone(usage));
    },
  };
}

import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileUsageStore, type UsageRecord } from 'rx-groq';
import { describe, expect, test } from 'vitest';
import { folder, start } from './harness.js';

function record(used: number): UsageRecord {
  const counted = Array.from({ length: 1000 }, (_, age) => [1000 - age, used] as const);
  return { version: 1, savedAt: 1e12, pools: { m: [{ unit: 'requests', per: 86_400_000, counted }] } };
}

describe('fileUsageStore', () => {
  test('gives back what was saved, to another process as well', async () => {
    const path = join(folder(), 'usage.json');
    await fileUsageStore(path).save(record(3));
    expect(fileUsageStore(path).load()).toEqual(record(3));
  });

  test('has nothing where there is no file, nor its folder, which it makes', async () => {
    const path = join(folder(), 'new', 'er', 'usage.json');
    const store = fileUsageStore(path);
    expect(store.load()).toBeUndefined();
    await store.save(record(1));
    expect(store.load()).toEqual(record(1));
  });

  test('keeps the last of many saves at once, in order, and leaves nothing else behind', async () => {
    const path = folder();
    const store = fileUsageStore(join(path, 'usage.json'));
    await Promise.all(Array.from({ length: 30 }, (_, used) => store.save(record(used))));
    expect(store.load()).toEqual(record(29));
    expect(readdirSync(path)).toEqual(['usage.json']);
  });

  test('is whole at every moment, though two of them save into one file', async () => {
    const path = folder();
    const file = join(path, 'usage.json');
    const stores = [fileUsageStore(file), fileUsageStore(file)];
    await stores[0]!.save(record(0));
    const saves = Promise.all(
      stores.flatMap(store => Array.from({ length: 20 }, (_, used) => store.save(record(used)))),
    );
    let over = false;
    void saves.then(() => {
      over = true;
    });
    let reads = 0;
    for (; !over; reads++) {
      const { counted } = (JSON.parse(readFileSync(file, 'utf8')) as UsageRecord).pools.m![0]!;
      expect(counted).toHaveLength(1000);
      expect(new Set(counted.map(([, used]) => used)).size).toBe(1);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(reads).toBeGreaterThan(10);
    expect(readdirSync(path)).toEqual(['usage.json']);
  });

  test('is whole after a kill at any moment', { timeout: 60_000 }, async () => {
    const file = join(folder(), 'usage.json');
    for (let round = 0; round < 6; round++) {
      const child = start('saves.mjs', file);
      let saves = 0;
      child.stdout.on('data', data => {
        saves += data.length;
        if (saves > round) setTimeout(() => child.kill('SIGKILL'), round); // somewhere in the next one
      });
      await once(child, 'close');
      const { counted } = (fileUsageStore(file).load() as UsageRecord).pools.m![0]!;
      expect(counted).toHaveLength(5000);
      expect(new Set(counted.map(([, used]) => used)).size).toBe(1);
    }
  });

  test('goes on after a save that failed', async () => {
    const path = folder();
    const file = join(path, 'usage.json');
    mkdirSync(join(file, 'in the way'), { recursive: true });
    const store = fileUsageStore(file);
    await expect(store.save(record(1))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(readdirSync(path)).toEqual(['usage.json']);
    expect(() => store.load()).toThrow('EISDIR');
  });

  test('removes what a process that was killed while it saved has left, and nothing else', () => {
    const path = folder();
    const file = join(path, 'usage.json');
    const names = ['usage.json.1.tmp', 'usage.json.2.tmp', 'usage.json.bak', 'other.json.3.tmp'];
    for (const name of names) writeFileSync(join(path, name), '{"version":');
    for (const name of names.slice(1)) utimesSync(join(path, name), 1, 1);
    expect(fileUsageStore(file).load()).toBeUndefined();
    expect(readdirSync(path)).toEqual(['other.json.3.tmp', 'usage.json.1.tmp', 'usage.json.bak']); // the first may be in the making
  });
});

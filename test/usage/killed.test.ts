import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MODEL, simulate } from '../client/harness.js';
import { folder, runJob } from './harness.js';

test.each([
  ['among its answers', 5],
  ['before any of them has ended', 0],
])(
  'kill -9 %s, and the next process goes on with the right count of the day: nothing is refused',
  { timeout: 60_000 },
  async (_, answered) => {
    const rpd = 20;
    const simulator = await simulate({
      limits: { [MODEL]: { rpm: -1, rpd, tpm: -1, tpd: -1 } },
      delayAfter: [200, 200],
      tokensPerSecond: 20,
      answer: ({ messages }) => 'word '.repeat(/ 1\d\+1/.test(String(messages[0]!.content)) ? 150 : 5),
    });
    const path = folder();
    const store = join(path, 'state', 'usage.json');

    const first = runJob(simulator, store, 12);
    await simulator.until(({ streams, completed }) => streams + completed === 12 && completed >= answered);
    await first.kill();
    expect(simulator.stats().completed).toBeLessThan(12);

    const lines = await runJob(simulator, store, 12).lines;
    expect(lines[0]).toEqual({ type: 'start', dayUsed: 12 });
    expect(lines.filter(({ ok }) => ok)).toHaveLength(rpd - 12);
    expect(lines.filter(({ kind }) => kind === 'rate_limit')).toHaveLength(4); // not before tomorrow, and maxWait is a second
    expect(simulator.stats()).toMatchObject({ refused: 0, admitted: rpd });
    // Who is killed while it writes leaves its own temporary file, which is removed when it is a minute old.
    const left = readdirSync(join(path, 'state')).filter(name => name !== 'usage.json');
    expect(left.filter(name => !name.endsWith('.tmp'))).toEqual([]);
    expect(left.length).toBeLessThanOrEqual(1);
  },
);

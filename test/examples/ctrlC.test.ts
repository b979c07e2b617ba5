import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { asking, figure, folder, PATIENCE, prompt, simulate, start } from './harness.js';

/** One that is answered at once, and others that take minutes. */
async function halfWay() {
  const simulator = await simulate({
    // The program goes by the limits of Groq. What of these it would be refused where this process is busy for longer than maxFlight is not the point here.
    limits: { '*': { rpm: -1, rpd: -1, tpm: -1, tpd: -1 } },
    tokensPerSecond: 2,
    answer: body => (JSON.stringify(body).includes('Quick') ? '' : 'on and on and on '.repeat(50)),
  });
  const { path, write, results } = folder();
  const slow = Array.from({ length: 4 }, (_, index) => prompt(`Slow ${index}`, { max_completion_tokens: 1500 }));
  const file = write('own.jsonl', ...slow, ...slow, prompt('Quick', { priority: 1, include_reasoning: false }));
  const program = start([file], { cwd: path, env: asking(simulator) });
  await program.until(/ ✔ /);
  await simulator.until(({ open }) => open >= 3);
  return { simulator, program, results };
}

describe('Ctrl-C', () => {
  it('cancels what is under way, tells what was done, keeps it, and ends with 130', PATIENCE, async () => {
    const { simulator, program, results } = await halfWay();
    program.child.kill('SIGINT');
    const { code, stdout, stderr } = await program.exit;
    expect([code, stderr]).toEqual([130, '']);
    expect(stdout).toContain('Stopped; 8 of 9 cancelled.');
    expect(results()).toMatchObject([{ line: 9, ok: true }]);
    expect([figure(stdout, 'answered'), figure(stdout, 'failed')]).toEqual([1, 0]);
    await simulator.until(({ open, connections }) => open === 0 && connections === 0);
    expect(simulator.stats().completed).toBe(1);
    expect(simulator.stats().aborted).toBeGreaterThanOrEqual(3);
  });

  it('twice at once, as npm passes it on, counts as one', PATIENCE, async () => {
    const { program, results } = await halfWay();
    program.child.kill('SIGINT');
    program.child.kill('SIGINT');
    const { code, stdout } = await program.exit;
    expect(code).toBe(130);
    expect(stdout).toContain('Stopped; 8 of 9 cancelled.');
    expect(results()).toHaveLength(1);
  });

  it('a second time leaves at once, whatever holds the program', PATIENCE, async () => {
    const stubborn = fileURLToPath(new URL('./stubborn.ts', import.meta.url));
    const { child, exit, until } = start([], {}, stubborn);
    await until(/ready/);
    child.kill('SIGINT');
    await until(/stopping, and never done: 130\na while later/); // the same Ctrl-C
    child.kill('SIGTERM');
    expect(await exit).toMatchObject({ code: 143, stderr: '' });
  });
});

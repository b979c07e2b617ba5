import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, GPT, post, reads, send, simulate } from './harness.js';

const CLI = fileURLToPath(new URL('../../src/simulator/cli.ts', import.meta.url));

function start(...flags: string[]) {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', CLI, ...flags]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout!.on('data', part => (output.stdout += part));
  child.stderr!.on('data', part => (output.stderr += part));
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  const ready = once(createInterface(child.stdout!), 'line').then(([line]) => ({
    url: String(line).split(' ').at(-1)!,
  }));
  return { child, exit, ready };
}

describe('rx-groq-simulator', () => {
  it('prints one line that ends in its base URL, serves, and ends with 0 on SIGTERM', async () => {
    const { child, exit, ready } = start();
    const { url } = await ready;
    expect((await send({ url }, ask())).json.choices[0].message.content).toBe('14 (simulated)');
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await exit;
    expect(stdout).toMatch(/^rx-groq simulator \(answers are simulated\) on http:\/\/127\.0\.0\.1:\d+\/openai\/v1\n$/);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('takes its options from flags', async () => {
    const { ready } = start(
      ...['--counting', 'sliding', '--count-at', 'end', '--time-scale', '2', '--refund', '--no-headers', '--seed', '9'],
      ...['--delay-before', '0-1', '--delay-after', '0', '--tokens-per-second', '1000', '--jitter', '1'],
      ...['--limit', `${GPT}:rpm=1,tpm=6000`, '--limit', 'my:model:rpm=1', '--limit', '*:rpd=-1'],
    );
    const { url } = await ready;
    const began = performance.now();
    const [first, second] = [await send({ url }, ask()), await send({ url }, ask())];
    const took = (performance.now() - began) / 1000;
    expect([first.status, second.status]).toEqual([200, 429]);
    expect(first.headers.has('x-ratelimit-limit-tokens')).toBe(false);
    const { message } = second.json.error;
    const [, wait] = /\(RPM\): Limit 1, Used 1, Requested 1\. Please try again in ([\d.]+)s/.exec(message)!;
    // Half a minute less what has gone by; to the ms.
    expect(Number(wait)).toBeLessThanOrEqual(30);
    expect(Number(wait)).toBeGreaterThanOrEqual(30 - took - 0.001);
    expect((await send({ url }, ask('x', { model: 'my:model' }))).status).toBe(200);
  });

  it('on SIGINT lets an answer finish', async () => {
    const { child, exit, ready } = start('--tokens-per-second', '100');
    const response = await post(await ready, ask('Why is the sky blue?', { stream: true }));
    child.kill('SIGINT');
    expect(await response.text()).toContain('[DONE]');
    expect((await exit).code).toBe(0);
  });

  it('waits no longer than the grace for one that does not', async () => {
    const { child, exit, ready } = start('--grace', '0.1');
    const response = await post(await ready, ask('x', { stream: true }), { headers: { 'x-simulator-fault': 'stall' } });
    const reading = expect(response.text()).rejects.toThrow();
    child.kill('SIGTERM');
    expect((await exit).code).toBe(0);
    await reading;
  });

  it('ends at once at the second signal', async () => {
    const { child, exit, ready } = start('--grace', '3600');
    const { url } = await ready;
    const response = await post({ url }, ask('x', { stream: true }), { headers: { 'x-simulator-fault': 'stall' } });
    const parts = reads(response);
    await parts.next();
    // What had been sent before may come in several parts.
    const rest = async (): Promise<void> => {
      while (!(await parts.next()).done);
    };
    const reading = expect(rest()).rejects.toThrow();
    child.kill('SIGINT');
    // The first has been heard when nothing new is accepted.
    await expect(
      (async () => {
        for (;;) await (await fetch(url, { headers: { connection: 'close' } })).text();
      })(),
    ).rejects.toThrow();
    child.kill('SIGINT');
    expect((await exit).code).toBe(0);
    await reading;
  });

  it.each([
    [['--prot', '80'], 'prot'],
    [['--counting', 'leaky'], 'counting must be bucket, sliding or fixed'],
    [['--port', 'http'], '--port: expected a number, got "http"'],
    [['--limit', 'rpm=30'], '--limit: expected MODEL:rpm=30,tpm=6000'],
    [['--limit', `${GPT}:rps=3`], 'unknown window "rps"'],
    [['--delay-before', '9-1'], 'delayBefore must be'],
    [['serve'], 'serve'],
  ])('%j is a usage error: a message, exit code 2', async (flags, message) => {
    const { code, stdout, stderr } = await start(...flags).exit;
    expect(stderr).toContain(message);
    expect(stderr).toContain('Try --help.');
    expect([code, stdout]).toEqual([2, '']);
  });

  it('says plainly that the port is taken, exit code 1', async () => {
    const { port } = await simulate();
    const { code, stdout, stderr } = await start('--port', String(port)).exit;
    expect(stderr).toContain('address already in use');
    expect(stderr).toContain('Choose another --port, or --port 0 for a free one.');
    expect([code, stdout]).toEqual([1, '']);
  });

  it('--help lists every flag', async () => {
    const { code, stdout } = await start('--help').exit;
    for (const flag of ['--port', '--counting', '--refund', '--limit', '--grace']) expect(stdout).toContain(flag);
    expect(code).toBe(0);
  });
});

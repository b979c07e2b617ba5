import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configFor, KEY, simulate } from '../client/harness.js';
import { MODEL, question } from '../fetch/sdks.js';
import { emptyFolder, root } from '../readme/folders.js';
import { manifest } from '../readme/manifest.js';
import { post } from './harness.js';

const program = join(root, manifest.bin['rx-groq-gateway']!);
const story = { ...question('Why is the sky blue?'), stream: true };

function start(folder: string, ...flags: readonly string[]) {
  const child = spawn(process.execPath, [program, ...flags], { cwd: folder, env: { PATH: process.env.PATH } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', part => (output.stdout += part));
  child.stderr.on('data', part => (output.stderr += part));
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  const ready = once(createInterface(child.stdout), 'line').then(([line]) => ({
    url: String(line).split(' ').at(-1)!,
  }));
  return { child, exit, ready, output };
}

/** A folder with a config.json for a simulator, and a keys.json. */
async function folderFor(settings: Parameters<typeof simulate>[0] = {}) {
  const simulator = await simulate({ apiKeys: [KEY], ...settings });
  const folder = emptyFolder();
  onTestFinished(folder.remove);
  const write = (name: string, content: unknown) => {
    const file = join(folder.path, name);
    writeFileSync(`${file}.new`, JSON.stringify(content));
    renameSync(`${file}.new`, file); // at one instant, as editors do
  };
  write('config.json', configFor(simulator));
  write('keys.json', { web: `sha256:${createHash('sha256').update('of-the-web').digest('hex')}` });
  return { simulator, folder: folder.path, write };
}

describe('rx-groq-gateway', () => {
  it('says where it is, serves, and ends with 0 on SIGTERM when it has drained', async () => {
    const { folder } = await folderFor({ tokensPerSecond: 100 });
    const { child, exit, ready } = start(folder, '--config', 'config.json', '--keys', 'keys.json', '--port', '0');
    const { url } = await ready;
    expect((await post({ url }, question())).status).toBe(401);
    const answer = await post({ url }, story, { headers: { authorization: 'Bearer of-the-web' } });
    child.kill('SIGTERM');
    expect(await answer.text()).toContain('[DONE]');
    const { code, stdout, stderr } = await exit;
    expect(stdout).toMatch(/^rx-groq gateway on http:\/\/127\.0\.0\.1:\d+\/openai\/v1\n$/);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('drains for no longer than the grace', async () => {
    const { folder, simulator } = await folderFor();
    simulator.fault({ kind: 'stall' });
    const { child, exit, ready } = start(folder, '--grace', '0.1');
    const answer = await post(await ready, story);
    child.kill('SIGINT');
    expect(await answer.text()).toContain('event: error');
    expect((await exit).code).toBe(0);
  });

  it('ends at once at the second signal', async () => {
    const { folder, simulator } = await folderFor();
    simulator.fault({ kind: 'stall' });
    const { child, exit, ready } = start(folder, '--grace', '3600');
    const { url } = await ready;
    const answer = await post({ url }, story);
    const reading = expect(answer.text()).rejects.toThrow();
    child.kill('SIGINT');
    // The first has been heard when nothing new is taken.
    const heard = async (): Promise<void> => {
      while ((await fetch(`${url}/models`, { headers: { connection: 'close' } })).status === 200);
    };
    await heard().catch(() => undefined);
    child.kill('SIGINT');
    expect((await exit).code).toBe(0);
    await reading;
  });

  it('follows its config, and says what is wrong with it without a key', async () => {
    const { folder, simulator, write } = await folderFor();
    const { ready, output } = start(folder);
    const { url } = await ready;
    write('config.json', { ...configFor(simulator), another: configFor(simulator)[MODEL] });
    const names = async () => JSON.stringify(await (await fetch(`${url}/models`)).json());
    await expect.poll(names).toContain('another');
    write('config.json', { ...configFor(simulator, { req_per_minute: 'many' as never }) });
    await expect
      .poll(() => output.stderr)
      .toMatch(/^rx-groq-gateway: config\.json:\d+:\d+ .*req_per_minute: expected/m);
    expect(output.stderr).not.toContain(KEY);
    expect((await post({ url }, question())).status).toBe(200);
  });

  it.each([
    [['--prot', '80'], 2, 'prot'],
    [['--port', 'http'], 2, '--port: expected a number, got "http"'],
    [['--port', '70000'], 2, 'port must be 0 to 65535'],
    [['--host', '0.0.0.0'], 2, 'on loopback only, not on 0.0.0.0. Give it a keys file.'],
    [['--cors', 'chat.example/path'], 2, 'cors must be a list of origins'],
    [['--keys', 'config.json'], 2, 'keys: '],
    [['--keys', 'none.json'], 1, 'none.json'],
    [['--config', 'none.json'], 1, 'none.json'],
  ])('%j ends with %i and a message', async (flags, expected, message) => {
    const { folder } = await folderFor();
    const { code, stdout, stderr } = await start(folder, ...flags).exit;
    expect(stderr).toContain(message);
    expect(stderr.includes('Try --help.')).toBe(expected === 2);
    expect(stderr).not.toContain(KEY);
    expect([code, stdout]).toEqual([expected, '']);
  });

  it('says plainly that the port is taken', async () => {
    const { folder, simulator } = await folderFor();
    const { code, stderr } = await start(folder, '--port', String(simulator.port)).exit;
    expect(stderr).toContain('Choose another --port, or --port 0 for a free one.');
    expect(code).toBe(1);
  });

  it('--help lists every flag', async () => {
    const { code, stdout } = await start(root, '--help').exit;
    const flags = ['config', 'keys', 'port', 'host', 'cors', 'max-body', 'max-connections', 'grace'];
    for (const flag of flags) expect(stdout).toContain(`--${flag} `);
    expect(code).toBe(0);
  });
});

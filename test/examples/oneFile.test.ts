import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Window } from 'happy-dom';
import { startGateway } from 'rx-groq/gateway';
import type { Simulator } from 'rx-groq/simulator';
import { build } from 'vite';
import { expect, it, onTestFinished, vi } from 'vitest';
import { folder, PATIENCE, SMALL, simulate, start } from './harness.js';

const program = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

function configured({ url }: Simulator): { cwd: string; env: NodeJS.ProcessEnv } {
  const { path, write } = folder();
  write('config.json', JSON.stringify({ [SMALL]: { base_url: url, api_key: 'any', dialect: 'groq' } }));
  return { cwd: path, env: { PORT: '0' } };
}

it('pipe.ts answers what it asks, and ends by itself', PATIENCE, async () => {
  const { code, stdout, stderr } = await start([], configured(await simulate()), program('pipe.ts')).exit;
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.trim().split('\n').sort()).toEqual([
    '[10] What is 7+7? 14 (simulated)',
    '[10] What is 9-4? 5 (simulated)',
    '[1] What is 6*7? 42 (simulated)',
  ]);
});

it('marbles.test.ts passes, without a network', PATIENCE, async () => {
  const { code, stdout } = await start([], {}, program('marbles.test.ts')).exit;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^# pass 2$/m);
});

it('fastifyHandler.ts streams to its client, and cancels when that leaves', PATIENCE, async () => {
  const simulator = await simulate({ tokensPerSecond: 50 });
  const handler = start([], configured(simulator), program('fastifyHandler.ts'));
  await handler.until(/http:\S+\n/);
  const ask = (question: string, signal?: AbortSignal): Promise<Response> =>
    fetch(`${handler.stdout().trim()}/ask?question=${encodeURIComponent(question)}`, { signal: signal ?? null });
  const whole = await ask('What is 7+7?');
  expect([whole.status, await whole.text()]).toEqual([200, '14 (simulated)']);
  const leaving = new AbortController();
  const { body } = await ask('Why is the sky blue?', leaving.signal);
  const { value } = await body!.pipeThrough(new TextDecoderStream()).getReader().read();
  const beginning = '(simulated) About blue';
  expect(beginning).toContain(value!.slice(0, beginning.length)); // as much as came with the first piece
  leaving.abort();
  await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
  simulator.fault({ kind: 'status', status: 400 });
  expect((await ask('What is 7+8?')).status).toBe(400); // Fastify takes an error's own
});

it('page.ts serves the page, and a gateway that lets it ask', PATIENCE, async () => {
  const port = await freePort();
  const { cwd } = configured(await simulate());
  const server = start([], { cwd, env: { PORT: String(port) } }, program('page.ts'));
  await server.until(/http:\S+\n/);
  const address = server.stdout().trim();
  expect(await (await fetch(address)).text()).toContain('<form>');
  const script = await (await fetch(`${address}?html-proxy&index=0.js`)).text();
  const gateway = /"VITE_GATEWAY": ?"([^"]+)"/.exec(script)![1]!;
  const { origin } = new URL(address);
  const answer = await fetch(`${gateway}/chat/completions`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  });
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  server.child.kill('SIGINT');
  expect((await server.exit).code).toBe(0);
});

it('page.html, built for a browser, shows the answer as it grows, and stops', PATIENCE, async () => {
  const simulator = await simulate({ tokensPerSecond: 50 });
  const gateway = await startGateway({ config: { [SMALL]: { base_url: simulator.url, api_key: 'any' } } });
  onTestFinished(() => gateway.close());
  const { path } = folder();
  vi.stubEnv('VITE_GATEWAY', gateway.url);
  const page = program('page.html');
  const files = { outDir: path, rolldownOptions: { input: page, output: { entryFileNames: 'page.mjs' } } };
  await build({ root: program(''), configFile: false, logLevel: 'error', build: { ...files, modulePreload: false } });
  vi.unstubAllEnvs();
  const window = new Window();
  window.document.write(readFileSync(page, 'utf8').replace(/<script.*<\/script>/s, ''));
  vi.stubGlobal('document', window.document);
  onTestFinished(() => void vi.unstubAllGlobals());
  await import(pathToFileURL(`${path}/page.mjs`).href);

  const { document } = window;
  const shown = (): string | null => document.querySelector('output')!.textContent;
  document.querySelector('form')!.dispatchEvent(new window.Event('submit', { cancelable: true }));
  await expect.poll(shown).toMatch(/^\(simulated\) About/);
  document.querySelector('button[name=stop]' as 'button')!.click();
  await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
});

/** Not one of those that the system hands out: the gateway of the page takes such a one meanwhile, and it may be this. */
function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  return new Promise(resolve => {
    const server = createServer()
      .once('error', () => resolve(freePort()))
      .listen(port, 'localhost', () => server.close(() => resolve(port)));
  });
}

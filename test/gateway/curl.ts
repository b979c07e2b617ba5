import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type OpenAI from 'openai';
import type { Sdk, SdkOptions } from '../fetch/sdks.js';

/** Tells loudly where the program is missing, and throws in CI. */
export function curlIsHere(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    const hint = 'curl is missing, its tests are left out. Install it: apt-get install -y curl';
    if (process.env.CI) throw new Error(hint);
    process.stderr.write(`\n${hint}\n`);
    return false;
  }
}

/** The program curl in the form of an SDK, so that it can be asked the same questions. */
export function curl({ url, apiKey = 'dummy' }: SdkOptions): Sdk {
  const create = async (body: { stream?: boolean }, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> => {
    const response = await ask(`${url}/chat/completions`, apiKey, JSON.stringify(body), signal);
    if (body.stream) return chunksOf(response);
    return JSON.parse(await textOf(response));
  };
  const list = async (): Promise<{ data: { id: string }[] }> =>
    JSON.parse(await textOf(await ask(`${url}/models`, apiKey)));
  return { chat: { completions: { create } }, models: { list } } as unknown as Sdk;
}

/** The lines of the body of an answer that is none of an error; leaving it ends curl. */
async function ask(url: string, apiKey: string, body?: string, signal?: AbortSignal): Promise<AsyncGenerator<string>> {
  const headers = [`authorization: Bearer ${apiKey}`, 'content-type: application/json'];
  const flags = ['-sSiN', ...headers.flatMap(header => ['-H', header]), ...(body ? ['--data-binary', '@-'] : [])];
  const child = spawn('curl', [...flags, url], { ...(signal && { signal }), stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject).on('close', code => (code === 0 ? resolve() : reject(new Error(`curl: ${code}`))));
  });
  ended.catch(() => {}); // whoever reads is told
  child.stdin.end(body);
  const lines = linesOf();
  const { value: first } = await lines.next();
  while ((await lines.next()).value); // the head's
  const status = Number(first?.split(' ')[1]);
  if (status === 200) return lines;
  throw { status, error: JSON.parse(await textOf(lines)) };

  async function* linesOf(): AsyncGenerator<string> {
    try {
      yield* createInterface(child.stdout);
      await ended;
    } finally {
      child.kill();
    }
  }
}

async function textOf(lines: AsyncGenerator<string>): Promise<string> {
  let text = '';
  for await (const line of lines) text += line;
  return text;
}

async function* chunksOf(lines: AsyncGenerator<string>): AsyncGenerator<OpenAI.ChatCompletionChunk> {
  for await (const line of lines) {
    if (line === 'event: error') {
      throw Object.assign(new Error(line), JSON.parse((await textOf(lines)).slice('data: '.length)));
    }
    if (line.startsWith('data: {')) yield JSON.parse(line.slice('data: '.length));
  }
}

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createChatClient } from 'rx-groq';
import { startGateway, tenantOf } from 'rx-groq/gateway';
import { startSimulator } from 'rx-groq/simulator';
import { mergeMap, range, Subject } from 'rxjs';
import { answer } from './answer.mjs';

const MODEL = 'openai/gpt-oss-20b';
const built = fileURLToPath(new URL('../dist', import.meta.url));

/**
 * The page, the gateway, and behind it Groq (with a key) or the simulator.
 * @param {{
 *   port?: number, groqKey?: string, client?: import('rx-groq').ChatClientOptions,
 *   simulator?: import('rx-groq/simulator').SimulatorOptions, quota?: import('rx-groq').ModelConfig,
 * }} [options]
 */
export async function start({ port = 0, groqKey, client: clientOptions, simulator: simulated, quota } = {}) {
  const simulator = groqKey ? undefined : await startSimulator({ answer, tokensPerSecond: 80, ...simulated });
  const config = {
    [MODEL]: {
      ...(simulator
        ? { base_url: simulator.url, api_key: 'any', dialect: /** @type {const} */ ('groq') }
        : { api_key: groqKey }),
      req_per_minute: 30,
      req_per_day: 1000,
      token_per_minute: 8000,
      token_per_day: 200_000,
      ...quota,
    },
  };
  const client = createChatClient(config, { fairBy: tenantOf, ...clientOptions });
  /**
   * Twelve patient questions of others, for the button on the page.
   * @type {Subject<void>}
   */
  const crowd$ = new Subject();
  const crowd = crowd$
    .pipe(
      mergeMap(() => range(1, 12)),
      client.completeMap(number => ({
        model: MODEL,
        messages: [{ role: 'user', content: `Tell me fact number ${number} about queues.` }],
        max_completion_tokens: 400,
        priority: 10,
      })),
    )
    .subscribe();
  let gatewayUrl = '';
  const page = createServer((request, response) => {
    if (request.method !== 'POST') return void serve(request.url ?? '/', gatewayUrl, response);
    crowd$.next();
    response.writeHead(204).end();
  });
  await new Promise(resolve => page.listen(port, '127.0.0.1', () => resolve(undefined)));
  const url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (page.address()).port}`;
  // Who waits is told so soon, and often.
  const gateway = await startGateway({ client, cors: [url], statusWithin: 300, commentEvery: 500 });
  gatewayUrl = new URL(gateway.url).origin;

  const close = async () => {
    crowd.unsubscribe();
    page.close();
    page.closeAllConnections();
    await gateway.close();
    await client[Symbol.asyncDispose]();
    await simulator?.close();
  };
  return { url, simulator, gateway, close };
}

/**
 * @param {string} path
 * @param {string} gatewayUrl
 * @param {import('node:http').ServerResponse} response
 */
async function serve(path, gatewayUrl, response) {
  try {
    const name = normalize(decodeURIComponent(path.split('?', 1)[0] ?? '/')).replace(/\/$/, '/index.html');
    const file = await readFile(join(built, name));
    const type = types[extname(name)] ?? 'application/octet-stream';
    const body =
      name === '/index.html' ? String(file).replace(/(name="gateway" content=")[^"]*/, `$1${gatewayUrl}`) : file;
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

/** @type {Readonly<Record<string, string>>} */
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };

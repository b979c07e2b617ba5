import { chatCompletion } from './chat.js';
import { cors } from './cors.js';
import { type Exchange, refuse, sendJson } from './exchange.js';
import type { House } from './house.js';
import { isLoopback } from './options.js';
import { watchStatus } from './status.js';

/** Answers one request, whatever it is. Never rejects. */
export async function route(house: House, exchange: Exchange, connections: number): Promise<void> {
  const { request, response } = exchange;
  response.once('close', () => house.metrics.responded(response.headersSent ? response.statusCode : 0));
  try {
    await resource(house, exchange, connections);
  } catch {
    // The client hung up while it was sending; or a bug, of which it would not want to know the details.
    if (response.headersSent || request.destroyed) response.destroy();
    else refuse(exchange, 500, 'The gateway has failed.', { code: 'internal_error' });
  }
}

async function resource(house: House, exchange: Exchange, connections: number): Promise<void> {
  const { request, response } = exchange;
  const { method = 'GET', url = '/' } = request;
  const [path = '/'] = url.split('?', 1);
  const name = /^(?:\/openai)?\/v1(\/.*)$/.exec(path)?.[1] ?? path;

  if (house.closing) {
    const headers = { connection: 'close', 'retry-after': '1' };
    return refuse(exchange, 503, 'The gateway is shutting down.', { code: 'closed', headers });
  }
  if (path === '/healthz') return sendJson(exchange, 200, { status: 'ok' });
  if (cors(exchange)) return;
  const key = house.doorkeeper?.(request.headers.authorization);
  if (house.doorkeeper && key === undefined) {
    const headers = { 'www-authenticate': 'Bearer' };
    return refuse(exchange, 401, 'The key is not known here.', { code: 'invalid_api_key', headers });
  }
  // Without keys, a page in a browser on this machine could reach us under a name of its own.
  if (!house.doorkeeper && !isLoopback((request.headers.host ?? '').replace(/:\d+$/, ''))) {
    return refuse(exchange, 421, 'Without keys this gateway is for localhost.', { code: 'misdirected_request' });
  }

  const modelled = name !== path && name.startsWith('/models/');
  const wanted = name === path ? methods[path] : modelled ? 'GET' : methods[`/v1${name}`];
  if (wanted === undefined) {
    return refuse(exchange, 404, `Unknown request URL: ${path.slice(0, 100)}`, { code: 'unknown_url' });
  }
  if (method !== wanted) {
    return refuse(exchange, 405, `Expected ${wanted}.`, { code: 'method_not_allowed', headers: { allow: wanted } });
  }
  if (wanted === 'POST') return chatCompletion(house, exchange, key);
  if (path === '/status') return watchStatus(house, exchange);
  if (path === '/metrics') {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(house.metrics.text(connections));
    return;
  }
  const names = house.client.models();
  if (!modelled) return sendJson(exchange, 200, { object: 'list', data: names.map(modelObject) });
  const asked = decoded(name.slice('/models/'.length));
  if (asked === undefined || !names.includes(asked)) {
    return refuse(exchange, 404, 'The model is not known here.', { code: 'model_not_found', param: 'model' });
  }
  sendJson(exchange, 200, modelObject(asked));
}

const methods: Readonly<Record<string, 'GET' | 'POST' | undefined>> = Object.assign(Object.create(null), {
  '/v1/chat/completions': 'POST',
  '/v1/models': 'GET',
  '/status': 'GET',
  '/metrics': 'GET',
});

function modelObject(id: string): object {
  return { id, object: 'model', created: 0, owned_by: id.includes('/') ? id.split('/')[0] : 'rx-groq' };
}

/** Some clients encode the slash of an id, some do not. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

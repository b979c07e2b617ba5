import type { IncomingMessage, ServerResponse } from 'node:http';
import { chatCompletion, type World } from './chat.js';
import { bodyTooLarge, invalidKey, modelNotFound, unknownUrl } from './errors.js';
import { sendError, sendJson } from './exchange.js';
import type { SimulatedModel } from './models.js';
import type { Settings } from './options.js';

/** Answers one request, whatever it is. Never rejects. */
export async function route(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const hangUp = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) hangUp.abort();
  });
  try {
    const text = await bodyOf(request);
    if (text === undefined) return sendError({ response, requestId }, bodyTooLarge());
    await resource(world, { request, response, requestId, text, arrival: world.clock.now(), gone: hangUp.signal });
  } catch (cause) {
    // Either the client hung up while it was sending, or a function that was given as an option has thrown.
    if (hangUp.signal.aborted || response.headersSent) response.destroy();
    else sendJson({ response, requestId }, 500, { error: { message: String(cause), type: 'simulator_error' } });
  }
}

async function resource(world: World, exchange: Parameters<typeof chatCompletion>[1]): Promise<void> {
  const { request, requestId, arrival } = exchange;
  const { method = 'GET', url = '/' } = request;
  const [pathname = '/'] = url.split('?');
  const name = /^(?:\/openai)?\/v1(\/.*)$/.exec(pathname)?.[1];
  const chat = method === 'POST' && name === '/chat/completions';
  const models = method === 'GET' && (name === '/models' || name?.startsWith('/models/'));

  if (!chat && !models) return sendError(exchange, unknownUrl(method, pathname));
  if (!isKeyAccepted(request, world.settings)) {
    if (chat) world.journal.invalid({ requestId, model: '', stream: false, arrival, status: 401 });
    return sendError(exchange, invalidKey());
  }
  if (chat) return chatCompletion(world, exchange);

  const living = world.book.living();
  if (name === '/models') return sendJson(exchange, 200, { object: 'list', data: living.map(modelObject) });
  const id = name!.slice('/models/'.length);
  // Some clients encode the slash of an id, some do not.
  const model = living.find(model => model.id === id || encodeURIComponent(model.id) === id);
  if (model === undefined) return sendError(exchange, modelNotFound(id));
  sendJson(exchange, 200, modelObject(model));
}

/** undefined: too large. Rejects if the client hangs up before the last byte. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    // Read to its end all the same: breaking off would reset the socket before the client sees why.
    if (size <= LARGEST_BODY) parts.push(part);
  }
  return size <= LARGEST_BODY ? Buffer.concat(parts).toString('utf8') : undefined;
}

function isKeyAccepted({ headers }: IncomingMessage, { apiKeys }: Settings): boolean {
  const key = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return key !== undefined && (apiKeys === undefined || apiKeys.includes(key));
}

function modelObject({ id, context, maxOutput }: SimulatedModel): object {
  return {
    id,
    object: 'model',
    created: 1_759_276_800,
    owned_by: id.includes('/') ? id.split('/')[0] : 'simulator',
    active: true,
    context_window: context,
    public_apps: null,
    max_completion_tokens: maxOutput,
  };
}

/** Bytes. */
const LARGEST_BODY = 32 * 1024 * 1024;

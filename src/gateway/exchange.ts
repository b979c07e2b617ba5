import type { IncomingMessage, ServerResponse } from 'node:http';
import { timer } from 'rxjs';
import type { ErrorObject, ErrorReply } from '../relay/index.js';
import type { Settings } from './options.js';

/** One request on a socket, and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly settings: Settings;
}

export function sendJson(
  { response }: Pick<Exchange, 'response'>,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const text = JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': length });
  response.end(text);
}

export function sendError(exchange: Pick<Exchange, 'response'>, { status, body, headers }: ErrorReply): void {
  sendJson(exchange, status, body, headers);
}

/** A refusal of the gateway's own. */
export function refuse(
  exchange: Pick<Exchange, 'response'>,
  status: number,
  message: string,
  more: { readonly code?: string; readonly param?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): void {
  const { code = null, param = null, headers = {} } = more;
  const error: ErrorObject = { message, type: 'invalid_request_error', code, param };
  sendJson(exchange, status, { error }, headers);
}

/** Writes, and cuts the socket of somebody who reads so slowly that too much would have to be kept. */
export function write({ response, settings }: Exchange, bytes: Uint8Array | string): void {
  if (response.destroyed) return;
  if (!response.write(bytes) && response.writableLength > settings.maxUnread) response.destroy();
}

/** Ends the response; the socket is cut if the rest is not read in time. */
export function finish({ response, settings }: Exchange): void {
  if (response.destroyed) return;
  const waiting = timer(settings.unreadTimeout).subscribe(() => response.destroy());
  response.once('close', () => waiting.unsubscribe());
  response.end();
}

/** The head of a stream of events, sent at once. */
export function beginEvents({ response }: Exchange, headers: Readonly<Record<string, string>> = {}): void {
  // The last is for nginx, which would hold the events back.
  const fixed = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };
  response.writeHead(200, { ...fixed, ...headers });
  response.flushHeaders();
}

/** The body as text; undefined: too large. Rejects if the client hangs up before its last byte. */
export async function bodyOf({ request, settings }: Exchange): Promise<string | undefined> {
  const { maxBody } = settings;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    // Read on all the same: breaking off would reset the socket before the client sees why. But not for ever.
    if (size <= maxBody) parts.push(part);
    else if (size > patience * maxBody) request.destroy();
  }
  return size <= maxBody ? Buffer.concat(parts).toString('utf8') : undefined;
}

/** Times the largest body that are read to get a word in. */
const patience = 16;

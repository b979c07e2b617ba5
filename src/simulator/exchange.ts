import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorReply } from './errors.js';

/** One request on a socket, its body read. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborted in the turn in which the client's hanging up is noticed. */
  readonly gone: AbortSignal;
  readonly requestId: string;
  readonly text: string;
  /** ms of the simulator's clock */
  readonly arrival: number;
}

export function sendJson(
  { response, requestId }: Pick<Exchange, 'response' | 'requestId'>,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    ...baseHeaders(requestId),
    ...headers,
    'content-length': String(Buffer.byteLength(text)),
  });
  response.end(text);
}

export function sendError(
  exchange: Pick<Exchange, 'response' | 'requestId'>,
  { status, body, headers }: ErrorReply,
  more: Readonly<Record<string, string>> = {},
): void {
  sendJson(exchange, status, body, { ...more, ...headers });
}

export function baseHeaders(requestId: string): Record<string, string> {
  return { 'x-request-id': requestId, 'x-groq-region': 'simulator', 'cache-control': 'no-cache' };
}

/** The client sees ECONNRESET, not a clean end. */
export function reset({ response }: Pick<Exchange, 'response'>): void {
  response.socket?.resetAndDestroy();
}

/** Waits while the client reads slower than we write. False if it is gone. */
export async function write({ response, gone }: Exchange, text: string): Promise<boolean> {
  if (gone.aborted || response.destroyed) return false;
  if (response.write(text)) return true;
  await once(response, 'drain', { signal: gone }).catch(() => undefined);
  return !gone.aborted;
}

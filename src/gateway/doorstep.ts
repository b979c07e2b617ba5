import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { timer } from 'rxjs';
import type { ErrorObject } from '../relay/index.js';

/** What is no HTTP, is too long, or does not come to its end. */
export function refuseSocket(code: string | undefined, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  const [status, message] =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'The request did not arrive in time.']
      : code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'The headers are too large.']
        : ['400 Bad Request', 'This is no HTTP request.'];
  const error: ErrorObject = { message, type: 'invalid_request_error', code: null, param: null };
  socket.end(response(status, error), () => socket.destroy());
}

/** There is no room for this one. It is told so, whatever it asks; what it sends is read, as to close before would take the word back. */
export function turnAway(socket: Socket): void {
  const message = 'There are too many connections. Try again later.';
  const error: ErrorObject = { message, type: 'server_error', code: 'too_many_connections', param: null };
  socket.end(response('503 Service Unavailable', error, 'retry-after: 1\r\n'));
  const waiting = timer(patience).subscribe(() => socket.destroy());
  socket.once('close', () => waiting.unsubscribe());
}

/** ms to hear it. */
const patience = 500;

function response(status: string, error: ErrorObject, headers = ''): string {
  const body = JSON.stringify({ error });
  const fixed = `connection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  return `HTTP/1.1 ${status}\r\n${fixed}${headers}\r\n${body}`;
}

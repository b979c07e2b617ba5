import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server that gives every request the same bytes, one by one, and keeps the headers that it was sent. */
export async function echoServer(type: string, body: string): Promise<{ url: string; heard: IncomingHttpHeaders[] }> {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers);
    response.writeHead(200, { 'content-type': type, 'x-request-id': 'req_1', 'x-ratelimit-limit-requests': '30' });
    for (const byte of Buffer.from(body)) response.write(Buffer.of(byte));
    response.end();
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, heard };
}

/** Bytes as no server of ours would word them. */
export const EVENTS =
  ': hello\r\n\r\ndata: {"choices": [{"index":0,"delta":{"content":"ä"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
export const WHOLE = '{ "object":"chat.completion", "choices" : [{"index":0,"message":{"content":"ä"}}] }\n';

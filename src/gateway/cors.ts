import type { Exchange } from './exchange.js';

/**
 * Marks what a page of one of the listed origins may read, and answers its question in advance.
 * @returns true where that was all that was asked
 */
export function cors({ request, response, settings }: Exchange): boolean {
  const { origin } = request.headers;
  if (settings.cors.length > 0) response.setHeader('vary', 'origin');
  const allowed = origin !== undefined && (settings.cors.includes(origin) || settings.cors.includes('*'));
  if (allowed) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', 'x-queue-position, x-queue-eta-ms, x-request-id, retry-after');
  }
  if (request.method !== 'OPTIONS') return false;
  if (allowed) {
    response.setHeader('access-control-allow-methods', 'GET, POST');
    // The SDKs send a dozen of their own; none of them does anything here.
    response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '');
    response.setHeader('access-control-max-age', '600');
  }
  response.writeHead(204).end();
  return true;
}

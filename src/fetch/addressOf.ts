import type { TransportRequest } from '../transport/index.js';

/** Headers that are of one connection, or that the transport makes itself. Nothing is compressed: of a stream of tokens that saves little. */
const notPassed = new Set([
  ...['accept-encoding', 'connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
]);

/** Sends a request of the client to where, and as, an SDK wants it sent. */
export function addressOf({ url, headers }: Request): (wire: TransportRequest) => TransportRequest {
  const own = Object.fromEntries([...headers].filter(([name]) => !notPassed.has(name)));
  return wire => {
    // A key is for its own server.
    const configured = new URL(wire.url).origin === new URL(url).origin ? wire.headers : {};
    return { ...wire, url, headers: { ...own, 'content-type': 'application/json', ...configured } };
  };
}

export function hasKey({ headers }: Request): boolean {
  return headers.has('authorization') || headers.has('api-key');
}

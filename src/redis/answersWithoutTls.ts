import { connect } from 'node:net';
import { Observable } from 'rxjs';

/**
 * Whether a Redis without TLS answers at a `rediss://` address; completes without a word where nobody does. TLS's first message has no end of
 * line for Redis, which waits for the rest of it: nothing fails before the client's own timeout, and that says nothing of why.
 */
export function answersWithoutTls(url: string): Observable<boolean> {
  return new Observable(subscriber => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port || 6379), hostname.replace(/^\[|\]$/g, ''), () => socket.write('PING\r\n'));
    socket.once('data', bytes => {
      subscriber.next(/^[+-][A-Z]/.test(bytes.toString('latin1'))); // +PONG, or -NOAUTH …
      subscriber.complete();
    });
    socket.on('error', () => {});
    socket.once('close', () => subscriber.complete());
    return () => socket.destroy();
  });
}

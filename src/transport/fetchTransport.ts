import { asyncScheduler, Observable, type Subscription } from 'rxjs';
import { ApiError, isChatError } from '../errors/index.js';
import { type ClosableTransport, drainLimit } from './ClosableTransport.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import { connectionFailure } from './connectionFailure.js';
import type { TransportRequest } from './Transport.js';

/**
 * HTTP by the platform's own `fetch`. Connections are the platform's business; so is the time to establish one, which can't be told from
 * the wait for the head there: `connectTimeout` is not looked at, and the timeout for the head is the one that ends it.
 */
export function fetchTransport(connection?: ConnectionOptions): ClosableTransport {
  if (connection) throw new TypeError('connection: for Node alone');
  const open = new Set<AbortController>();
  return {
    send: request =>
      new Observable(subscriber => {
        const controller = new AbortController();
        let satisfied = false;
        let draining: Subscription | undefined;
        let paused: Promise<void> | undefined;
        let goOn = (): void => {};
        const resume = (): void => {
          paused = undefined;
          goOn();
        };

        const receive = async (): Promise<void> => {
          const response = await answerTo(request, controller.signal);
          subscriber.next({
            status: response.status,
            headers: Object.fromEntries(response.headers),
            enough: () => (satisfied = true),
            pause() {
              paused ??= new Promise(resolve => {
                goOn = resolve;
              });
            },
            resume,
          });
          // A reader, as Safari can't iterate over a body.
          const reader = response.body?.getReader();
          for (;;) {
            if (paused) await paused;
            const { done = true, value } = (await reader?.read()) ?? {};
            if (done) return;
            subscriber.next(value!);
          }
        };
        const close = (): void => controller.abort();
        const end = (): void => {
          open.delete(controller);
          draining?.unsubscribe();
        };

        open.add(controller);
        receive().then(
          () => {
            end();
            subscriber.complete();
          },
          error => {
            end();
            close(); // what a redirection has in its body, nobody reads
            subscriber.error(isChatError(error) ? error : connectionFailure(error, request.url, advice));
          },
        );
        return () => {
          if (!open.has(controller)) return;
          resume();
          if (satisfied) draining = asyncScheduler.schedule(close, drainLimit);
          else close();
        };
      }),
    close() {
      for (const controller of open) controller.abort();
    },
  };
}

/** Follows redirections by itself: the platform would carry the key to any server. */
async function answerTo(request: TransportRequest, signal: AbortSignal, hops = 0): Promise<Response> {
  const { url, method, headers, bytes, body = null } = request;
  const sent = (bytes ?? body) as BodyInit | null;
  const response = await fetch(url, { method, headers, body: sent, signal, redirect: 'manual' });
  const { status } = response;
  if (response.ok || status >= 400) return response;
  // Few servers redirect: what that takes is loaded when it is needed.
  const { redirect } = await import('./redirect.js');
  const onward = redirect(request, status, response.headers.get('location'), hops);
  if (!onward) return response;
  if (typeof onward === 'string') throw new ApiError(onward, { status });
  await response.body?.cancel();
  return answerTo(onward, signal, hops + 1);
}

const advice = 'Check the network and base_url; in a browser also that the server allows the page (CORS).';

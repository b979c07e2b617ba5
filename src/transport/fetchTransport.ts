import { asyncScheduler, Observable, type Subscription } from 'rxjs';
import { type ClosableTransport, drainLimit } from './ClosableTransport.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import { connectionFailure } from './connectionFailure.js';

/**
 * HTTP by the platform's own `fetch`. Connections are the platform's business; so is the time to establish one, which can't be told from
 * the wait for the head there: `connectTimeout` is not looked at, and the timeout for the head is the one that ends it.
 */
export function fetchTransport(connection?: ConnectionOptions): ClosableTransport {
  if (connection) throw new TypeError('connection: for Node alone');
  const open = new Set<AbortController>();
  return {
    send: ({ url, method, headers, bytes, body = null }) =>
      new Observable(subscriber => {
        const controller = new AbortController();
        let satisfied = false;
        let ended = false;
        let draining: Subscription | undefined;
        let paused: Promise<void> | undefined;
        let goOn = (): void => {};

        const receive = async (): Promise<void> => {
          const { signal } = controller;
          // A redirect is a response like any other: following it would carry the key to another server.
          const response = await fetch(url, {
            method,
            headers,
            body: (bytes ?? body) as BodyInit | null,
            signal,
            redirect: 'manual',
          });
          if (response.type === 'opaqueredirect') throw new Error('the server redirects to another address');
          const enough = (): void => {
            satisfied = true;
          };
          const { status } = response;
          subscriber.next({ status, headers: Object.fromEntries(response.headers), enough, pause, resume });
          // A reader, as Safari can't iterate over a body.
          const reader = response.body?.getReader();
          for (;;) {
            if (paused) await paused;
            const { done = true, value } = (await reader?.read()) ?? {};
            if (done) return;
            subscriber.next(value!);
          }
        };
        const pause = (): void => {
          paused ??= new Promise(resolve => {
            goOn = resolve;
          });
        };
        const resume = (): void => {
          paused = undefined;
          goOn();
        };
        const end = (tell: () => void): void => {
          ended = true;
          open.delete(controller);
          draining?.unsubscribe();
          tell();
        };

        open.add(controller);
        receive().then(
          () => end(() => subscriber.complete()),
          error => end(() => subscriber.error(connectionFailure(error, url, advice))),
        );
        return () => {
          if (ended) return;
          resume();
          const close = (): void => controller.abort();
          if (satisfied) draining = asyncScheduler.schedule(close, drainLimit);
          else close();
        };
      }),
    close() {
      for (const controller of open) controller.abort();
    },
  };
}

const advice = 'Check the network and base_url; in a browser also that the server allows the page’s origin (CORS).';

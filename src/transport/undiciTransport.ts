import { asyncScheduler, Observable, type Subscriber, type Subscription, type Unsubscribable } from 'rxjs';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { type ConnectionError, StreamTimeoutError } from '../errors/index.js';
import { type ClosableTransport, drainLimit } from './ClosableTransport.js';
import { connectionFailure } from './connectionFailure.js';
import type { ResponseHead, TransportRequest } from './Transport.js';

/**
 * HTTP by undici's dispatcher with a handler of our own: no stream object and no promise between the socket and the subscriber. Connections
 * are kept alive and there are as many as requests in flight; how many those may be is the pacer's business.
 */
export function undiciTransport(): ClosableTransport {
  /** Those that have no connection yet. */
  const waiting = new Set<Exchange>();
  /** undici asks for the connection of a request, where it needs a new one, before `dispatch` returns; and for that request alone. */
  let dispatching: Exchange | undefined;
  /** undici has the connect timeout on the agent, we have it on the request. */
  const agents = new Map<number, Agent>();
  const agentFor = (connectTimeout: number): Agent => {
    const known = agents.get(connectTimeout);
    if (known) return known;
    const connector = buildConnector({ timeout: connectTimeout });
    const connect: buildConnector.connector = (options, callback) => {
      // undici also connects again after a request was aborted, for that request.
      if (waiting.size === 0) return queueMicrotask(() => callback(new Error('nobody waits for it'), null));
      // It gives its socket, of which its type says nothing.
      const socket = connector(options, callback) as unknown as Connecting | undefined;
      if (dispatching) dispatching.connecting = socket;
    };
    // Head and body have no timeouts here: ours tell contents from keep-alive comments, and run on the scheduler.
    const agent = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 });
    agents.set(connectTimeout, agent);
    return agent;
  };
  /** The newest URL taken apart: requests in a row mostly have the same, and parsing it takes longer than reading a chunk. */
  let target = { url: '', origin: '', path: '' };
  const targetOf = (url: string): typeof target => {
    if (url !== target.url) {
      const { origin, pathname, search } = new URL(url);
      target = { url, origin, path: pathname + search };
    }
    return target;
  };
  return {
    send: request =>
      new Observable(subscriber => {
        const { origin, path } = targetOf(request.url);
        const exchange = new Exchange(subscriber, request, waiting);
        waiting.add(exchange);
        const { method, headers, bytes, body = null } = request;
        dispatching = exchange;
        try {
          agentFor(request.connectTimeout ?? 0).dispatch(
            { origin, path, method, headers: headers as Record<string, string>, body: bytes ?? body },
            exchange,
          );
        } finally {
          dispatching = undefined;
        }
        return exchange;
      }),
    close() {
      for (const agent of agents.values()) void agent.destroy();
      agents.clear();
    },
  };
}

/** A socket on its way to the server: its name is looked up, it connects, or shakes hands. */
interface Connecting {
  destroy(reason: Error): void;
}

/** One request and response as undici's handler. */
class Exchange implements Dispatcher.DispatchHandler, Unsubscribable {
  /** Its own new connection, until that is there. */
  connecting: Connecting | undefined;
  private controller: Dispatcher.DispatchController | undefined;
  private ended = false;
  private abandoned = false;
  private satisfied = false;
  private draining: Subscription | undefined;

  /** Out of the sight of `console.log(subscription)`: the key is in the headers. */
  readonly #request: TransportRequest;

  constructor(
    private readonly subscriber: Subscriber<ResponseHead | Uint8Array>,
    request: TransportRequest,
    private readonly waiting: Set<Exchange>,
  ) {
    this.#request = request;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.waiting.delete(this);
    this.connecting = undefined;
    this.controller = controller;
    if (this.abandoned) controller.abort(new Error('unsubscribed'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    const flat: Record<string, string> = {};
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    this.subscriber.next({
      status,
      headers: flat,
      enough: () => (this.satisfied = true),
      pause: () => controller.pause(),
      resume: () => controller.resume(),
    });
  }

  onResponseData(_: Dispatcher.DispatchController, bytes: Uint8Array): void {
    this.subscriber.next(bytes);
  }

  onResponseEnd(): void {
    this.ended = true;
    this.draining?.unsubscribe();
    this.subscriber.complete();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.ended = true;
    this.waiting.delete(this);
    this.draining?.unsubscribe();
    this.connecting?.destroy(error); // the agent may have been destroyed: it would wait for the connection
    if (!this.abandoned) this.subscriber.error(toFailure(error, this.#request));
  }

  /** The subscriber has gone: closes the socket now, or keeps it for the next request if the body ends by itself. */
  unsubscribe(): void {
    if (this.ended || this.abandoned) return;
    this.abandoned = true;
    this.waiting.delete(this);
    if (this.satisfied) this.draining = asyncScheduler.schedule(() => this.close(), drainLimit);
    else this.close();
  }

  private close(): void {
    this.ended = true;
    const reason = new Error('unsubscribed');
    if (this.connecting) this.connecting.destroy(reason);
    else this.controller?.abort(reason);
  }
}

function toFailure(
  error: Error & { code?: string },
  { url, connectTimeout }: TransportRequest,
): ConnectionError | StreamTimeoutError {
  if (error.code !== 'UND_ERR_CONNECT_TIMEOUT') return connectionFailure(error, url);
  const { origin } = new URL(url);
  return new StreamTimeoutError(
    `No connection to ${origin} within ${connectTimeout} ms. Check the network and base_url, or raise timeouts.connect.`,
    { phase: 'connect', timeoutMs: connectTimeout ?? 0, cause: error },
  );
}

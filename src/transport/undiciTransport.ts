import { Observable, type Subscriber, type Unsubscribable } from 'rxjs';
import type { Dispatcher } from 'undici';
import { ApiError, type ChatError, isChatError } from '../errors/index.js';
import type { ClosableTransport } from './ClosableTransport.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import { type Connecting, dispatchers, noTimeouts } from './dispatchers.js';
import { type Drain, Drains } from './drains.js';
import { redirect } from './redirect.js';
import type { ResponseHead, TransportRequest } from './Transport.js';
import { type Unpacked, type Unpacking, unpack } from './unpack.js';

/**
 * HTTP by undici's dispatcher with a handler of our own: no stream object and no promise between the socket and the subscriber. Connections
 * are kept alive and there are as many as requests in flight; how many those may be is the pacer's business.
 */
export function undiciTransport(options: ConnectionOptions = {}): ClosableTransport {
  /** Those that have no connection yet. */
  const waiting = new Set<Exchange>();
  /** undici asks for the connection of a request, where it needs a new one, before `dispatch` returns; and for that request alone. */
  let dispatching: Exchange | undefined;
  const network = dispatchers(options, {
    wanted: () => waiting.size > 0,
    opening: socket => dispatching?.connects(socket),
  });
  /** The newest URL taken apart: requests in a row mostly have the same, and parsing it takes longer than reading a chunk. */
  let target = { url: '', origin: '', path: '' };
  const targetOf = (url: string): typeof target => {
    if (url !== target.url) {
      const { origin, pathname, search } = new URL(url);
      target = { url, origin, path: pathname + search };
    }
    return target;
  };
  const dispatch = (exchange: Exchange, request: TransportRequest): void => {
    const { origin, path } = targetOf(request.url);
    const { method, headers, bytes, body = null, connectTimeout = 0 } = request;
    waiting.add(exchange);
    dispatching = exchange;
    try {
      const sent = { origin, path, method, body: bytes ?? body, headers: { ...headers } }; // a proxy's agent adds its own
      network.within(connectTimeout).dispatch(options.dispatcher ? { ...sent, ...noTimeouts } : sent, exchange);
    } catch (error) {
      waiting.delete(exchange);
      throw isChatError(error) ? error : network.refusal(error as Error);
    } finally {
      dispatching = undefined;
    }
  };
  /** Those whose answers are whole, while the ends of their bodies are awaited. */
  const draining = new Drains();
  const line: Line = {
    dispatch,
    draining,
    own: !options.dispatcher,
    connected: exchange => waiting.delete(exchange),
    failure: network.failure,
  };
  return {
    send: request =>
      new Observable(subscriber => {
        const exchange = new Exchange(subscriber, request, line);
        dispatch(exchange, request);
        return exchange;
      }),
    close() {
      draining.close();
      network.close();
    },
  };
}

/** What an exchange needs of the transport that it is one of. */
interface Line {
  readonly draining: Drains;
  /** The dispatcher is ours. */
  readonly own: boolean;
  dispatch(exchange: Exchange, request: TransportRequest): void;
  connected(exchange: Exchange): void;
  failure(error: Error, request: TransportRequest): ChatError;
}

/** One request and response as undici's handler. */
class Exchange implements Dispatcher.DispatchHandler, Drain, Unpacked, Unsubscribable {
  private controller: Dispatcher.DispatchController | undefined = undefined;
  private ended = false;
  private abandoned = false;
  private satisfied = false;
  /** Takes the body in the subscriber's place. */
  private unpacking: Unpacking | undefined = undefined;
  private redirects = 0;

  // Out of the sight of `console.log(subscription)`: the key is in the headers.
  #request: TransportRequest | undefined;
  /** What a response that redirects asks for, while its own body is read for nothing. */
  #onward: TransportRequest | undefined;
  /** Its own new connection, until that is there. */
  #connecting: Connecting | undefined;

  constructor(
    private readonly subscriber: Subscriber<ResponseHead | Uint8Array>,
    request: TransportRequest,
    private readonly line: Line,
  ) {
    this.#request = request;
  }

  connects(socket: Connecting | undefined): void {
    this.#connecting = socket;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.line.connected(this);
    this.#connecting = undefined;
    this.controller = controller;
    if (this.abandoned) controller.abort(new Error('unsubscribed'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    // Of an agent of ours nobody else looks at them, and they would be a tenth of what an open stream takes.
    if (this.line.own) controller.rawHeaders = null;
    const flat: Record<string, string> = {};
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    try {
      if (status >= 300 && status < 400) {
        const onward = redirect(this.#request!, status, flat.location, this.redirects++);
        if (typeof onward === 'string') throw new ApiError(onward, { status });
        this.#onward = onward;
        if (onward) return;
      }
      this.unpacking = unpack(flat, this.#request!.url, controller, this);
    } catch (error) {
      this.error(error as ChatError);
      return;
    }
    const flow = this.unpacking ?? controller;
    this.subscriber.next(new Head(status, flat, this, flow));
  }

  onResponseData(_: Dispatcher.DispatchController, bytes: Uint8Array): void {
    if (this.unpacking) this.unpacking.write(bytes);
    else if (!this.#onward) this.subscriber.next(bytes);
  }

  onResponseEnd(): void {
    if (this.unpacking) this.unpacking.end();
    else if (this.#onward) this.goOn(this.#onward);
    else this.complete();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.line.connected(this);
    this.#connecting?.destroy(error); // the agent may have been destroyed: it would wait for the connection
    const failure = this.abandoned ? undefined : this.line.failure(error, this.#request!);
    // What came before is told before.
    if (failure && this.unpacking) this.unpacking.end(failure);
    else this.finish(() => failure && this.subscriber.error(failure));
  }

  /** Nobody wants more of the body: it may end by itself. */
  satisfy(): void {
    this.satisfied = true;
  }

  /** The subscriber has gone: closes the socket now, or keeps it for the next request if the body ends by itself. */
  unsubscribe(): void {
    if (this.ended || this.abandoned) return;
    this.abandoned = true;
    this.line.connected(this);
    this.unpacking?.destroy();
    this.unpacking = undefined;
    if (this.satisfied) {
      this.line.draining.add(this);
      this.controller?.resume(); // whoever was slow has it all
    } else {
      this.close();
    }
  }

  private goOn(request: TransportRequest): void {
    this.#onward = undefined;
    this.#request = request;
    try {
      this.line.dispatch(this, request);
    } catch (error) {
      this.error(error as ChatError);
    }
  }

  next(bytes: Uint8Array): void {
    this.subscriber.next(bytes);
  }

  error(error: ChatError): void {
    this.subscriber.error(error); // its teardown closes the connection
  }

  complete(): void {
    this.finish(() => this.subscriber.complete());
  }

  private finish(tell: () => void): void {
    this.forget();
    tell();
  }

  private forget(): void {
    this.ended = true;
    this.controller = this.#request = undefined; // what is over keeps nothing: see `Call`
    this.line.draining.delete(this);
  }

  /** Closes the connection at once. */
  close(): void {
    const { controller } = this;
    this.forget();
    const reason = new Error('unsubscribed');
    if (this.#connecting) this.#connecting.destroy(reason);
    else controller?.abort(reason);
  }
}

/** Its functions are its own properties, so that an interceptor may copy it. A class for the reason that makes `Call` one. */
class Head implements ResponseHead {
  readonly enough: () => void;
  readonly pause: () => void;
  readonly resume: () => void;

  constructor(
    readonly status: number,
    readonly headers: Readonly<Record<string, string>>,
    exchange: Exchange,
    flow: Pick<Unpacking, 'pause' | 'resume'>,
  ) {
    this.enough = () => exchange.satisfy();
    this.pause = () => flow.pause();
    this.resume = () => flow.resume();
  }
}

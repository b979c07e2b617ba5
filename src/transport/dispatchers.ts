import { asyncScheduler, type Subscription } from 'rxjs';
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent, errors, Pool } from 'undici';
import { ConnectionError, StreamTimeoutError } from '../errors/index.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import { connectionFailure } from './connectionFailure.js';
import { redactorFor } from './redactorFor.js';
import type { TransportRequest } from './Transport.js';
import { withoutInterim } from './withoutInterim.js';

type Failed = Error & { readonly code?: string | undefined };

/** What sends requests, and what it says of those that failed. */
export interface Dispatchers {
  /** undici has the connect timeout on the agent, we have it on the request. */
  within(connectTimeout: number): Pick<Dispatcher, 'dispatch'>;
  failure(error: Failed, request: TransportRequest): ConnectionError | StreamTimeoutError;
  /** A request that was not even taken. */
  refusal(error: Failed): ConnectionError;
  /** Closes every connection of ours. */
  close(): void;
}

/** A socket on its way to the server or to a proxy: its name is looked up, it connects, or shakes hands. */
export interface Connecting {
  destroy(reason: Error): void;
}

/** Of the agent where it is ours: said with each request, they cost a fifth of it. */
export const noTimeouts = { headersTimeout: 0, bodyTimeout: 0 } as const;

/** Who is told of connections that are about to be made. */
export interface Connections {
  /** Somebody waits for one. */
  wanted(): boolean;
  opening(socket: Connecting | undefined): void;
}

/** Longer ones overflow Node's timers. */
const longestDelay = 2 ** 31 - 1;

/** @throws TypeError for an option that can't be */
export function dispatchers(options: ConnectionOptions, connections: Connections): Dispatchers {
  const { dispatcher, proxy = byEnvironment(), http2 = false } = check(options);
  const agents = new Map<number, Dispatcher>();

  const make = (timeout: number): Dispatcher => {
    // undici's own timeout comes up to a second late.
    const watched = (connector: buildConnector.connector): buildConnector.connector => {
      return (target, callback) => {
        // undici also connects again after a request was aborted, for that request.
        if (!connections.wanted()) return queueMicrotask(() => callback(new Error('nobody waits for it'), null));
        // It gives its socket, of which its type says nothing.
        const socket = connector(target, (...outcome) => {
          timer?.unsubscribe();
          if (outcome[1]) withoutInterim(outcome[1]);
          callback(...outcome);
        }) as unknown as Connecting | undefined;
        const timer = after(timeout, () => socket?.destroy(new errors.ConnectTimeoutError()));
        connections.opening(socket);
      };
    };
    const connect = watched(buildConnector({ timeout: 0, allowH2: http2 }));
    // As many connections as there are requests in flight, which is what the pacer lets go, at most `max_concurrent`: a smaller pool would keep
    // those waiting whom the windows count already. What is not used is closed after 4 s, or when the server says.
    // Head and body have no timeouts here: ours tell contents from keep-alive comments, and run on the scheduler.
    const own = { connect, allowH2: http2, ...noTimeouts };
    if (proxy === undefined) return new Agent(own);
    const named = proxy === 'env' ? {} : { httpProxy: proxy, httpsProxy: proxy, noProxy: '' };
    try {
      return new EnvHttpProxyAgent({
        ...own,
        ...named,
        requestTls: { timeout, allowH2: http2 },
        clientFactory: (origin, given) =>
          tunnels(new Pool(origin, { ...given, connect: watched(buildConnector({ timeout: 0 })) }), timeout),
      });
    } catch {
      // Without its cause, which has the address and with it a password.
      const message = 'The proxy’s address (connection.proxy, HTTPS_PROXY or HTTP_PROXY) is none. Correct it.';
      throw new ConnectionError(message, { retryable: false });
    }
  };

  const refusal = (cause: Failed): ConnectionError => {
    const advice = dispatcher ? 'Is connection.dispatcher of undici 7 or newer?' : 'Check headers in the config.';
    const message = `undici does not take the request (${cause.message}). ${advice}`;
    return new ConnectionError(message, { code: cause.code, cause, retryable: false });
  };

  return {
    refusal,
    within(connectTimeout) {
      if (dispatcher) return dispatcher as Pick<Dispatcher, 'dispatch'>;
      const known = agents.get(connectTimeout);
      if (known) return known;
      const agent = make(connectTimeout);
      agents.set(connectTimeout, agent);
      return agent;
    },
    failure(given, request) {
      const { url, connectTimeout = 0 } = request;
      const error = withoutSecrets(given, redactorFor(request));
      if (error.code === 'UND_ERR_INVALID_ARG' || error.code === 'UND_ERR_NOT_SUPPORTED') return refusal(error);
      const { origin } = new URL(url);
      if (error.code === 'UND_ERR_SOCKET' && error.message === 'bad response') {
        // Of a request that runs, its only cause: ours read past it, but not a dispatcher of the user's, nor through a tunnel. The server has
        // that request, and would have it again at each attempt.
        const message = `${origin} says "100 Continue" although nobody asked, and undici hangs up on that. Have it stopped there, or go without ${dispatcher ? 'connection.dispatcher' : 'the proxy'}.`;
        return new ConnectionError(message, { code: error.code, cause: error, retryable: false });
      }
      if (error.code !== 'UND_ERR_CONNECT_TIMEOUT') {
        // Of a proxy that refuses, undici's code says nothing and its words all.
        const told = error.code === 'UND_ERR_ABORTED' ? new Error(error.message, { cause: error.cause }) : error;
        return connectionFailure(told, url, adviceFor(url, dispatcher ? undefined : (proxy ?? '')));
      }
      const [limit, raise] = dispatcher
        ? ['in time', 'the dispatcher’s connect timeout']
        : [`within ${connectTimeout} ms`, 'timeouts.connect'];
      return new StreamTimeoutError(
        `No connection to ${origin} ${limit}. Check the network${proxy ? ', the proxy' : ''} and base_url, or raise ${raise}.`,
        { phase: 'connect', timeoutMs: connectTimeout, cause: error },
      );
    },
    close() {
      for (const agent of agents.values()) void agent.destroy();
      agents.clear();
    },
  };
}

/** @param timeout 0 = never */
function after(timeout: number, act: () => void): Subscription | undefined {
  return timeout > 0 ? asyncScheduler.schedule(act, Math.min(timeout, longestDelay)) : undefined;
}

/**
 * A proxy that takes a connection and then says nothing is one that can't be connected to. One that hangs up is not: undici would ask it
 * again and again, thousands of times a second, as it takes the code for that of a connection that was closed between two requests.
 */
function tunnels(pool: Pool, timeout: number): Pool {
  const connect: (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> = pool.connect.bind(pool);
  return Object.assign(pool, {
    async connect(options: Dispatcher.ConnectOptions) {
      const late = new AbortController();
      const timer = after(timeout, () => late.abort(new errors.ConnectTimeoutError()));
      try {
        return await connect({ ...options, signal: late.signal });
      } catch (error) {
        if ((error as Failed).code !== 'UND_ERR_SOCKET') throw error;
        throw new Error('the proxy hangs up', { cause: error });
      } finally {
        timer?.unsubscribe();
      }
    },
  });
}

/** undici's mock says what it did not expect, headers and body. */
function withoutSecrets(error: Failed, clean: (text: string) => string): Failed {
  const message = clean(error.message);
  return message === error.message ? error : Object.assign(new Error(message), { code: error.code });
}

function check(options: ConnectionOptions): ConnectionOptions {
  const { dispatcher, proxy, http2 } = options;
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== 'function') {
    throw new TypeError('connection.dispatcher: expected a Dispatcher of undici');
  }
  // What is wrong with it is not repeated: it may have a password.
  if (proxy !== undefined && proxy !== 'env' && !URL.canParse(proxy)) {
    throw new TypeError('connection.proxy: expected "env" or an address such as "http://proxy.example.com:3128"');
  }
  if (http2 !== undefined && typeof http2 !== 'boolean') {
    throw new TypeError(`connection.http2: expected true or false, got ${String(http2)}`);
  }
  return options;
}

/** Whoever has told Node itself to heed the proxies of the environment has told us. */
function byEnvironment(): 'env' | undefined {
  return process.env.NODE_USE_ENV_PROXY === '1' ? 'env' : undefined;
}

/** @param proxy '' = none; undefined = that is a dispatcher's business */
function adviceFor(url: string, proxy: string | undefined): string {
  const usual = 'Check the network and base_url.';
  if (proxy === undefined) return usual;
  if (proxy !== '') return 'Check the proxy, the network and base_url.';
  const names = url.startsWith('https:') ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const unused = names.find(name => process.env[name]);
  return unused ? `${usual} ${unused} is not used unless connection.proxy is 'env'.` : usual;
}

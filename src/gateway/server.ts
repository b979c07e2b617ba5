import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstValueFrom, race, Subject, takeUntil, timer } from 'rxjs';
import { type ChatClient, createChatClient } from '../client/index.js';
import { ClosedError } from '../errors/index.js';
import { refuseSocket, turnAway } from './doorstep.js';
import type { House } from './house.js';
import { doorkeeper } from './keys.js';
import { metricsOf } from './metrics.js';
import { type GatewayOptions, type Settings, settingsOf } from './options.js';
import { route } from './routes.js';
import { statusOf } from './status.js';
import { tenantOf } from './tenant.js';

export interface Gateway extends AsyncDisposable {
  /** Base URL for OpenAI clients, e.g. `http://127.0.0.1:43127/openai/v1`; `/v1` works alike. */
  readonly url: string;
  readonly port: number;
  /** What it paces with. */
  readonly client: ChatClient;
  /** Nothing new; what is under way, in line or sent, may end within `grace` ms (default 0), then it is told so and every socket is cut. */
  close(options?: { readonly grace?: number }): Promise<void>;
}

/**
 * An HTTP server that speaks the OpenAI API: one quota for many clients. Their requests stand in one client's lines by their headers
 * `x-priority` and `x-tenant`.
 * @throws TypeError for an option out of range, ConfigError for a configuration that can't be used
 * @throws the system's error (EADDRINUSE …) if it can't listen
 */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const settings = settingsOf(options);
  const door = settings.keys === undefined ? undefined : doorkeeper(settings.keys);
  const client = settings.client ?? createChatClient(settings.config, { fairBy: tenantOf, watchConfig: true });
  const closing$ = new Subject<void>();
  const cut$ = new Subject<ClosedError>();
  const idle$ = new Subject<void>();
  let closing = false;
  let open = 0;
  let connections = 0;
  const house: House = {
    client,
    settings,
    doorkeeper: door,
    metrics: metricsOf(client),
    status$: statusOf(client).pipe(takeUntil(closing$)),
    cut$,
    get closing() {
      return closing;
    },
  };
  const closeClient = async (): Promise<void> => {
    house.metrics.close();
    if (!settings.client) await firstValueFrom(client.close());
  };

  const server = serverFor(settings);
  server.on('request', (request, response) => {
    if (request.socket.writableEnded) return void request.resume(); // it has been turned away
    open++;
    response.once('close', () => {
      open--;
      if (open === 0) idle$.next();
    });
    void route(house, { request, response, settings }, connections);
  });
  server.on('connection', socket => {
    if (connections >= settings.maxConnections) {
      house.metrics.responded(503);
      return turnAway(socket);
    }
    connections++;
    socket.once('close', () => connections--);
  });
  try {
    await firstValueFrom(client.config$); // one that comes as an Observable may not be there yet
    await listening(server, settings);
  } catch (error) {
    await closeClient();
    throw error;
  }

  const idle = async (ms: number): Promise<void> => {
    if (open > 0) await firstValueFrom(race(idle$, timer(ms)));
  };
  const close = async (grace: number): Promise<void> => {
    closing = true;
    const gone = new Promise<void>(resolve => server.close(() => resolve()));
    closing$.next();
    if (grace > 0) await idle(grace);
    cut$.next(new ClosedError('The gateway is shutting down. Send the request again.'));
    await closeClient();
    await idle(lastWords);
    server.closeAllConnections();
    await gone;
  };
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${hostInUrl(settings.host)}:${port}/openai/v1`,
    port,
    client,
    close: ({ grace = 0 } = {}) => (closed ??= close(grace)),
    [Symbol.asyncDispose]: () => (closed ??= close(0)),
  };
}

/** ms for those who are cut off to be told so. */
const lastWords = 500;

function serverFor({ headTimeout, requestTimeout, maxConnections }: Settings): Server {
  const server = createServer({
    headersTimeout: Math.min(headTimeout, requestTimeout),
    requestTimeout,
    connectionsCheckingInterval: Math.min(1000, headTimeout, requestTimeout),
    keepAliveTimeout: 65_000, // longer than proxies and SDKs hold an idle socket, so that none is closed under a request
    keepAlive: true, // finds peers that have vanished without a word
    keepAliveInitialDelay: 30_000,
  });
  server.maxConnections = maxConnections + turnedAwayAtOnce;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseSocket(error.code, socket));
  return server;
}

/** Sockets that are told that there is no room; those beyond are closed without a word, as each takes a file descriptor. */
const turnedAwayAtOnce = 2000;

function listening(server: Server, { port, host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host.replace(/^\[|\]$/g, ''), () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { World } from './chat.js';
import { createClock } from './clock.js';
import { replyOfStatus } from './errors.js';
import { sendError } from './exchange.js';
import { createFaultQueue, type Fault } from './faults.js';
import { createJournal, type SimulatedRequest, type SimulatorEvent, type SimulatorStats } from './journal.js';
import { createModelBook } from './modelBook.js';
import type { SimulatedLimits } from './models.js';
import { type SimulatorOptions, settingsOf } from './options.js';
import { identifier, seededRandom } from './random.js';
import { route } from './routes.js';

export interface Simulator extends AsyncDisposable {
  /** Base URL for OpenAI clients, e.g. `http://127.0.0.1:43127/openai/v1`; `/v1` works alike. */
  readonly url: string;
  readonly port: number;
  /** ms of the simulator's clock: 0 at its start. */
  now(): number;
  stats(): SimulatorStats;
  /** The log in order of arrival; the newest 100,000. */
  requests(): readonly SimulatedRequest[];
  /** Resolves in the turn in which the statistics satisfy `predicate`; rejects when the simulator closes before. */
  until(predicate: (stats: SimulatorStats) => boolean): Promise<void>;
  /** Queues faults for the next requests that they match. @throws TypeError for a kind that does not exist */
  fault(next: Fault | readonly Fault[]): void;
  /** Changes the windows named, of one model or of all (`*`); what has been counted stays counted. */
  setLimits(model: string, limits: SimulatedLimits): void;
  /** Nothing new; what is under way may go on for `grace` ms (default 0), then every socket is cut. */
  close(options?: { readonly grace?: number }): Promise<void>;
}

/**
 * A Groq-compatible server on a real socket, which counts its quotas by itself.
 * @throws TypeError for an option out of range
 * @throws the system's error (EADDRINUSE …) if it cannot listen
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = settingsOf(options);
  const clock = createClock();
  const awaited = new Set<{ check(): void; reject(reason: Error): void }>();
  const journal = createJournal(clock.now, (event?: SimulatorEvent) => {
    if (event !== undefined) settings.onEvent?.(event);
    for (const one of [...awaited]) one.check();
  });
  const book = createModelBook(settings.models, settings.limits, settings);
  const faults = createFaultQueue();
  const world: World = { settings, clock, book, journal, faults };
  const stats = (): SimulatorStats => journal.stats(book.windows(clock.now()));

  let closing = false;
  let identifiers = 0;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE, noDelay: true }, (request, response) => {
    const requestId = `req_${identifier(seededRandom(settings.seed, 'id', ++identifiers))}`;
    if (closing) {
      sendError({ response, requestId }, replyOfStatus(503, 'simulator', 0), { connection: 'close' });
      return;
    }
    void route(world, request, response, requestId);
  });
  server.on('connection', socket => {
    journal.connection(1);
    socket.once('close', () => journal.connection(-1));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, () => {
      server.off('error', reject);
      resolve();
    });
  });

  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const close = async (grace: number): Promise<void> => {
    closing = true;
    const gone = new Promise<void>(resolve => server.close(() => resolve()));
    server.closeIdleConnections();
    if (grace > 0) await drained(grace);
    clock.stop();
    server.closeAllConnections();
    await gone;
    // The server says closed before the last socket does; who waits for this wants to see none left.
    await until(now => now.connections === 0);
    for (const one of awaited) one.reject(new Error('the simulator was closed before what was awaited came true'));
  };
  const until = (predicate: (stats: SimulatorStats) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const one = {
        check(): void {
          try {
            if (!predicate(stats())) return;
            resolve();
          } catch (cause) {
            reject(cause);
          }
          awaited.delete(one);
        },
        reject,
      };
      awaited.add(one);
      one.check();
    });
  const drained = async (grace: number): Promise<void> => {
    const empty = new AbortController();
    until(now => now.open === 0).then(
      () => empty.abort(),
      () => undefined,
    );
    await clock.wait(grace, empty.signal);
  };

  return {
    url: `http://${hostInUrl(settings.host)}:${port}/openai/v1`,
    port,
    now: clock.now,
    stats,
    requests: journal.requests,
    until,
    fault: faults.add,
    setLimits: (model, limits) => book.setLimits(model, limits, clock.now()),
    close: ({ grace = 0 } = {}) => (closed ??= close(grace)),
    [Symbol.asyncDispose]: () => (closed ??= close(0)),
  };
}

/** Longer than any pause of a test, so that a client's socket is never closed under the request that it reuses it for. */
const KEEP_ALIVE = 120_000;

function hostInUrl(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * `node --expose-gc test/soak/soak.mjs`: 200 streams at a time for $MINUTES (10) or $SECONDS; most of them meet a fault, and many are left.
 * Fails unless every request has ended exactly once, nothing is left of any, and the heap is flat.
 */

import { fork } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createChatClient, isChatError, toCompletion } from 'rx-groq';
import {
  catchError,
  defer,
  EMPTY,
  endWith,
  exhaustMap,
  ignoreElements,
  interval,
  lastValueFrom,
  map,
  merge,
  of,
  repeat,
  take,
  takeUntil,
  tap,
  timer,
} from 'rxjs';

const seconds = Number(process.env.SECONDS ?? 60 * Number(process.env.MINUTES ?? 10));
const atOnce = 200;
/** That many more stand in line. */
const inLine = 50;
const samples = 24;
/** MB that the heap may grow by after the first third. */
const bound = 5;
/** A run of less than a minute is all warming up. */
const isLong = seconds >= 60;
const text = 'word '.repeat(40).trim();

const server = fork(fileURLToPath(new URL('server.mjs', import.meta.url)));
const [url] = await once(server, 'message');
/** @param {'stats' | 'quiet'} question */
const askServer = async question => {
  server.send(question);
  const [answer] = await once(server, 'message');
  return /** @type {{ open: number, connections: number, met: Record<string, number> }} */ (answer);
};

/** What must not be, and how often it was. @type {Map<string, number>} */
const wrong = new Map();
/** @param {string} what */
const complain = what => wrong.set(what, (wrong.get(what) ?? 0) + 1);
process.on('unhandledRejection', reason => complain(`unhandled rejection: ${reason}`));
process.on('uncaughtException', error => complain(`uncaught: ${error.stack}`));
process.on('warning', warning => complain(`warning: ${warning}`));

const model = 'openai/gpt-oss-20b';
const client = createChatClient(
  { [model]: { base_url: url, api_key: 'gsk_soak', dialect: 'groq', req_per_minute: 600_000, max_concurrent: atOnce } },
  { retry: { baseDelay: 20, maxDelay: 200 }, timeouts: { head: 1500, idle: 1500 } },
);

/** Requests that the client has begun and not ended. */
const open = new Set();
client.events$.subscribe(({ type, id }) => {
  if (type === 'queued') open.add(id);
  if ((type === 'completed' || type === 'failed' || type === 'cancelled') && !open.delete(id))
    complain(`${type} twice`);
});

/** In most requests: a listener that stays on it is found. */
const shared = new AbortController();
/** @type {Record<string, number>} */
const outcomes = {};
let asked = 0;
let ended = 0;

/** @param {number} share */
const chance = share => Math.random() < share;
const aMoment = () => timer(Math.random() * 700);

/** One request: emits how it ended. Some are left after some chunks, some after a while, in line or under way, some by their signal. */
const request$ = defer(() => {
  const own = chance(0.1) ? new AbortController() : undefined;
  const request = {
    model,
    messages: [{ role: 'user', content: `Question ${++asked}` }],
    max_completion_tokens: 60,
    priority: 1 + (asked % 10),
    signal: (own ?? shared).signal,
    continueOnBreak: chance(0.1) ? 1 : 0,
  };
  const completion$ = chance(0.7) ? client.stream(request).pipe(toCompletion()) : client.complete(request);
  const chunks = 1 + Math.floor(Math.random() * 20);
  const answered$ = chance(0.1)
    ? client.stream(request).pipe(take(chunks), ignoreElements(), endWith('left'))
    : completion$.pipe(
        map(({ choices: [{ message }] }) => {
          if (message.content?.trim() !== text && !request.continueOnBreak) complain(`answered: ${message.content}`);
          return 'answered';
        }),
      );
  const left$ = chance(0.1) ? aMoment().pipe(map(() => 'left')) : EMPTY;
  const aborting$ = own
    ? aMoment().pipe(
        tap(() => own.abort()),
        ignoreElements(),
      )
    : EMPTY;
  return merge(answered$, left$, aborting$).pipe(
    catchError(error => {
      if (!isChatError(error)) complain(`an error without a type: ${error?.stack}`);
      return of(isChatError(error) ? error.kind : 'untyped');
    }),
    take(1),
  );
});

const beganAt = performance.now();
const elapsed = () => (performance.now() - beganAt) / 1000;
/** Again, until the time is over. */
const line$ = request$.pipe(
  tap(outcome => {
    ended++;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }),
  repeat({ delay: () => (elapsed() < seconds ? of(0) : EMPTY) }),
  ignoreElements(),
);
const soaking$ = merge(...Array.from({ length: atOnce + inLine }, () => line$));

/** @type {{ at: number, heap: number }[]} */
const curve = [];
const measuring$ = interval((seconds * 1000) / samples).pipe(
  takeUntil(timer(seconds * 1000)),
  exhaustMap(() => askServer('stats')),
  tap(({ open }) => {
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    curve.push({ at: elapsed(), heap: heapUsed / 1e6 });
    row(elapsed().toFixed(1), ended, open, (heapUsed / 1e6).toFixed(2), (rss / 1e6).toFixed(0));
  }),
  ignoreElements(),
);

if (!globalThis.gc) throw new Error('soak: run it with node --expose-gc');
row('seconds', 'ended', 'streams', 'heap MB', 'rss MB');
await lastValueFrom(merge(soaking$, measuring$), { defaultValue: undefined });

// All have ended: nothing is under way, and after close() nothing is there.
const { queued, inFlight } = client.limits(model);
const listeners = getEventListeners(shared.signal, 'abort').length;
if (ended !== asked || open.size + queued + inFlight + listeners > 0) {
  complain(
    `${asked} asked, ${ended} ended; left: ${open.size} open, ${queued} queued, ${inFlight} in flight, ${listeners} listeners`,
  );
}
await lastValueFrom(client.close());
const quiet = await Promise.race([askServer('quiet'), setTimeout(10_000, undefined, { ref: false })]);
if (!quiet) complain('10 s after close() the server still has connections');
const { met } = quiet ?? (await askServer('stats'));
server.disconnect();
await once(server, 'exit');
const held = process.getActiveResourcesInfo().filter(name => !/^(Pipe|TTY|FSReq|Process)/.test(name));
if (held.length > 0) complain(`held after close(): ${held}`);

const measured = curve.slice(Math.floor(curve.length / 3));
const growth = slope(measured) * ((measured.at(-1)?.at ?? Number.NaN) - (measured[0]?.at ?? Number.NaN));
if (isLong && !(growth <= bound)) complain(`the heap has grown by ${growth.toFixed(2)} MB`);
console.log(`\nmet at the server   ${list(met)}`);
console.log(`ended as            ${list(outcomes)}`);
console.log(`heap since warm     ${growth < 0 ? '' : '+'}${growth.toFixed(2)} MB (bound ${bound})`);
for (const [what, times] of wrong) console.log(`WRONG, ${times} ×: ${what}`);
console.log(wrong.size === 0 ? `${asked} requests, each has ended once; nothing is left.` : 'Not sound.');
process.exitCode = wrong.size === 0 ? 0 : 1;

/** @param {readonly (string | number)[]} cells */
function row(...cells) {
  console.log(cells.map(cell => String(cell).padStart(9)).join(''));
}

/** @param {Readonly<Record<string, number>>} counts */
function list(counts) {
  const sorted = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ');
}

/** By least squares, per second. @param {readonly { at: number, heap: number }[]} points */
function slope(points) {
  const mean = (/** @type {(point: { at: number, heap: number }) => number} */ of) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [at, heap] = [mean(point => point.at), mean(point => point.heap)];
  return mean(point => (point.at - at) * (point.heap - heap)) / mean(point => (point.at - at) ** 2);
}

import { concatMap, Observable, Subscription, type Unsubscribable } from 'rxjs';
import { apiKeyOf, type Catalogue, isGroq, type ModelEntry } from '../config/index.js';
import { ConfigError, QueueTimeoutError, RequestInvalidError } from '../errors/index.js';
import { type Cost, defaultPriority } from '../limits/index.js';
import { Entry, type FlyingPermit, type Pacer, type Seat, type Taker, type Want } from '../pacing/index.js';
import { type ChatRequest, validateRequest } from '../request/index.js';
import type { Budgets } from './budgets.js';
import { admitted, type Call, failureOfCall, waited } from './call.js';
import type { Core } from './core.js';
import type { Estimate } from './estimator.js';
import { fallBack, handOver, watchWait } from './fallbacks.js';
import { rejectHopeless } from './rejectHopeless.js';
import { placeOf, tellPlace } from './watch.js';

/** Checks a call's request and stands it in line: emits its permit, then completes. With `seat`, it comes back to where it stood. */
export function admission(core: Core, call: Call, seat?: Seat): Observable<FlyingPermit> {
  const stand = new Observable<FlyingPermit>(subscriber => {
    if (subscriber.closed) return undefined; // unsubscribed by whoever heard why it comes back
    return standInLine(
      core,
      call,
      {
        admitted(permit) {
          admitted(core, call);
          if (subscriber.closed) permit.release(); // whoever heard of it has unsubscribed: nothing is sent
          subscriber.next(permit);
          subscriber.complete();
        },
        failed: error => subscriber.error(error),
      },
      seat,
    );
  });
  return core.catalogue ? stand : core.ready$.pipe(concatMap(() => stand));
}

/**
 * The same without an Observable, for the thousands that may wait: an operator costs each of them a few hundred bytes.
 * @throws ChatError for a request that can't be sent
 */
export function standInLine(core: Core, call: Call, taker: Taker, seat?: Seat): Unsubscribable {
  const { request } = call;
  if (!seat) validateRequest(request);
  if (core.budgets && !call.spending) return standFunded(core, core.budgets, call, taker);
  if (!request.fallbacks?.length) return standAt(core, call, taker, seat);
  call.candidates ??= candidatesOf(core, request);
  return standAmong(core, call, taker, seat);
}

/** Takes its part of the budgets, then stands in line. */
function standFunded(core: Core, budgets: Budgets, call: Call, taker: Taker): Subscription {
  const { request, passage } = call;
  const { queueTimeout } = request;
  const entry = entryOf(core, call.model, undefined, passage?.keyed);
  const standing = new Subscription();
  const funding = new Subscription();
  standing.add(funding);
  call.inLineAt = core.clock.now();
  const failed = (error: unknown): void => {
    funding.unsubscribe();
    taker.failed(error);
  };
  if (queueTimeout) funding.add(core.clock.schedule(() => failed(timedOut(queueTimeout)), queueTimeout));
  const entries = candidatesOf(core, request).map(model => entryOf(core, model, undefined, passage?.keyed));
  const lane = core.lanes.of(entry);
  const room = { countsTokens: true, queued: lane.queued, mostOf: lane.mostOf.bind(lane) };
  const cost = core.estimator.begin(entry, request, room).cost();
  funding.add(
    budgets.reserve(request, entries, cost).subscribe({
      next(spending) {
        call.spending = spending;
        waited(core, call);
        funding.unsubscribe();
        try {
          standing.add(standInLine(core, call, taker));
        } catch (error) {
          taker.failed(error);
        }
      },
      error: failed,
    }),
  );
  return standing;
}

/** Stands in one model's line, until it goes or another of its candidates takes it over. */
function standAmong(core: Core, call: Call, taker: Taker, seat: Seat | undefined): Subscription {
  const standing = new Subscription();
  const enter = (chosen: boolean, at?: Seat): void => {
    if (standing.closed) return; // whoever heard of the fallback has unsubscribed
    try {
      standing.add(standAt(core, call, candidate, at, { chosen, leave }));
    } catch (error) {
      taker.failed(error);
    }
  };
  const candidate: Taker = {
    admitted: permit => taker.admitted(permit),
    failed(error) {
      waited(core, call);
      const failure = failureOfCall(call, error);
      if (fallBack(core, call, failure)) enter(true);
      else taker.failed(failure);
    },
  };
  const leave = (model: string): void => {
    waited(core, call);
    handOver(core, call, model);
    enter(true);
  };
  enter(call.attempts > 0 && !seat, seat);
  return standing;
}

/** Stands in the line of the model that has the call. */
function standAt(core: Core, call: Call, taker: Taker, seat: Seat | undefined, among?: Among): Unsubscribable {
  const { request, passage, seats } = call;
  const entry = entryOf(core, call.model, undefined, passage?.keyed);
  const lane = core.lanes.of(entry);
  if (seats) {
    seat ??= seats.get(lane);
    const next = taker;
    taker = {
      admitted(permit) {
        seats.set(lane, permit.seat);
        next.admitted(permit);
      },
      failed: error => next.failed(error),
    };
  }
  call.estimate = core.estimator.begin(entry, request, lane);
  call.inLineAt = core.clock.now();
  const { fair } = core;
  call.key = fair.keyOf?.(request);
  const want = new CallWant(call.estimate, request, call.key, fair.weightOf?.(request));
  if (request.queueTimeout || call.progress || among) {
    return standWatched(core, call, lane, want, taker, seat, among);
  }
  const place = new Entry(lane, want, taker);
  passage?.standing(() => {
    const foreseen = lane.foresight(place);
    return foreseen && placeOf(foreseen, core.clock);
  });
  place.enter(seat);
  return place;
}

/** How a call with fallbacks stands in line. */
interface Among {
  /** This line was chosen just now. */
  readonly chosen: boolean;
  /** To stand in another model's line. */
  readonly leave: (model: string) => void;
}

/** Somebody limits the wait, or wants to see it, or there are other lines. */
function standWatched(
  core: Core,
  call: Call,
  lane: Pacer,
  want: Want,
  taker: Taker,
  seat: Seat | undefined,
  among: Among | undefined,
): Subscription {
  const { clock } = core;
  const { queueTimeout } = call.request;
  const waiting = new Subscription();
  const giveUp = (error: unknown): void => {
    if (waiting.closed) return;
    waiting.unsubscribe();
    taker.failed(error);
  };
  const place = new Entry(lane, want, {
    admitted(permit) {
      call.cost = place.costOf();
      waiting.unsubscribe();
      taker.admitted(permit);
    },
    failed: giveUp,
  });
  waiting.add(place);
  const leftMs = queueTimeout ? queueTimeout - call.queuedMs : Number.POSITIVE_INFINITY;
  if (queueTimeout) waiting.add(clock.schedule(() => giveUp(timedOut(queueTimeout)), Math.max(0, leftMs)));
  place.enter(seat);
  if (among && core.fallbackAfter < Number.POSITIVE_INFINITY && !waiting.closed) {
    const leave = (model: string): void => {
      waiting.unsubscribe();
      among.leave(model);
    };
    waiting.add(watchWait(core, call, lane, place, among.chosen, leave));
  }
  if (queueTimeout && core.rejectHopeless && !waiting.closed) {
    waiting.add(rejectHopeless(lane, place, clock, queueTimeout, clock.now() + leftMs, giveUp));
  }
  if (call.progress && !waiting.closed) waiting.add(tellPlace(lane, place, clock, call.progress));
  return waiting;
}

/** What a call wants of its line. A class for the reason that makes `Estimate` one. */
class CallWant implements Want {
  constructor(
    private readonly estimate: Estimate,
    private readonly request: ChatRequest,
    readonly key: unknown,
    readonly weight: number | undefined,
  ) {}

  get priority(): number | Observable<number> {
    return this.request.priority ?? defaultPriority;
  }

  get atMost(): Cost | undefined {
    return this.estimate.atMost;
  }

  cost(): Cost | Observable<Cost> {
    return this.estimate.cost();
  }

  renewed(): Cost | undefined {
    return this.estimate.renewed();
  }
}

/** @throws as `entryOf`, for each of the fallbacks too: what is misspelt is found before it is needed */
function candidatesOf(core: Core, { model, fallbacks }: ChatRequest): readonly string[] {
  const names = fallbacks ?? [];
  for (const [index, name] of names.entries()) entryOf(core, name, `fallbacks[${index}]`);
  return [...new Set([model, ...names])];
}

/**
 * The model's entry in the configuration in force.
 * @throws RequestInvalidError for an unknown model, ConfigError where its server needs a key and there is none
 */
export function entryOf(core: Core, model: string, field?: string, keyed = false): ModelEntry {
  const entry = configuredEntry(core.catalogue, model, field);
  if (!keyed && apiKeyOf(entry) === undefined && isGroq(entry.baseUrl)) {
    throw new ConfigError(
      `No API key for "${model}". Set $GROQ_API_KEY, or write "api_key": "\${GROQ_API_KEY}" into the model's entry of the config file, ` +
        'or pass createChatClient({ [model]: { api_key } }).',
      { model },
    );
  }
  return entry;
}

/** For what needs no key. @throws RequestInvalidError for an unknown model */
export function configuredEntry(catalogue: Catalogue | undefined, model: string, field?: string): ModelEntry {
  const entry = catalogue?.entry(model);
  if (!entry) throw unknownModel(catalogue, model, field);
  return entry;
}

export function unknownModel(catalogue: Catalogue | undefined, model: string, field = 'model'): RequestInvalidError {
  const next = catalogue?.successor(model);
  const retired = next ? ` Groq has retired it; "${next}" takes its place.` : '';
  const known = catalogue?.names.length
    ? ` Configured are: ${catalogue.nearest(model).join(', ')}.`
    : ' No model is configured.';
  return new RequestInvalidError(`${field}: "${model}" is not configured.${retired}${known}`, { field, model });
}

function timedOut(waitedMs: number): QueueTimeoutError {
  return new QueueTimeoutError(
    `The request waited ${waitedMs} ms in line (queueTimeout) and was not sent. Raise queueTimeout, or its priority.`,
    {
      waitedMs,
    },
  );
}

import { concatMap, Observable } from 'rxjs';
import { apiKeyOf, type Catalogue, type ModelEntry } from '../config/index.js';
import { ConfigError, QueueTimeoutError, RequestInvalidError } from '../errors/index.js';
import { defaultPriority } from '../limits/index.js';
import { Entry, type FlyingPermit, type Seat } from '../pacing/index.js';
import { validateRequest } from '../request/index.js';
import { about, type Call } from './call.js';
import type { Core } from './core.js';
import { tellPlace } from './watch.js';

/** Checks a call's request and stands it in line: emits its permit, then completes. With `seat`, it comes back to where it stood. */
export function admission(core: Core, call: Call, seat?: Seat): Observable<FlyingPermit> {
  const stand = standInLine(core, call, seat);
  return core.catalogue ? stand : core.ready$.pipe(concatMap(() => stand));
}

function standInLine(core: Core, call: Call, seat: Seat | undefined): Observable<FlyingPermit> {
  return new Observable(subscriber => {
    const { clock } = core;
    const { request } = call;
    if (!seat) validateRequest(request);
    const entry = entryOf(core, request.model);
    const lane = core.lanes.of(entry);
    const estimate = core.estimator.begin(entry, request, () =>
      lane.counts.windows.some(({ window }) => window.unit !== 'requests'),
    );
    call.estimate = estimate;
    const since = clock.now();
    const place = new Entry(
      lane,
      {
        cost: estimate.cost,
        atMost: estimate.atMost,
        priority: request.priority ?? defaultPriority,
        key: core.fair.keyOf?.(request),
        weight: core.fair.weightOf?.(request),
      },
      permit => {
        call.queuedMs += clock.now() - since;
        core.report({ type: 'admitted', ...about(core, call), queuedMs: call.queuedMs });
        subscriber.next(permit);
        subscriber.complete();
      },
      error => subscriber.error(error),
    );
    const { queueTimeout } = request;
    if (queueTimeout) {
      subscriber.add(
        clock.schedule(() => subscriber.error(timedOut(queueTimeout)), Math.max(0, queueTimeout - call.queuedMs)),
      );
    }
    place.enter(seat);
    if (queueTimeout && core.rejectHopeless) {
      const leftMs = queueTimeout - call.queuedMs;
      const at = lane.foresight(place)?.at;
      if (at !== undefined && at - clock.now() > leftMs) subscriber.error(hopeless(queueTimeout, at - clock.now()));
    }
    if (call.progress) subscriber.add(tellPlace(lane, place, clock, call.progress));
    return () => place.leave();
  });
}

/**
 * The model's entry in the configuration in force.
 * @throws RequestInvalidError for an unknown model, ConfigError where its server needs a key and there is none
 */
export function entryOf(core: Core, model: string): ModelEntry {
  const entry = configuredEntry(core.catalogue, model);
  if (apiKeyOf(entry) === undefined && new URL(entry.baseUrl).hostname === 'api.groq.com') {
    throw new ConfigError(
      `No API key for "${model}". Set $GROQ_API_KEY, or write "api_key": "\${GROQ_API_KEY}" into the model's entry of the config file, ` +
        'or pass createChatClient({ [model]: { api_key } }).',
      { model },
    );
  }
  return entry;
}

/** For what needs no key. @throws RequestInvalidError for an unknown model */
export function configuredEntry(catalogue: Catalogue | undefined, model: string): ModelEntry {
  const entry = catalogue?.entry(model);
  if (!entry) throw unknownModel(catalogue, model);
  return entry;
}

export function unknownModel(catalogue: Catalogue | undefined, model: string): RequestInvalidError {
  const next = catalogue?.successor(model);
  const retired = next ? ` Groq has retired it; "${next}" takes its place.` : '';
  const known = catalogue?.names.length
    ? ` Configured are: ${catalogue.nearest(model).join(', ')}.`
    : ' No model is configured.';
  return new RequestInvalidError(`model: "${model}" is not configured.${retired}${known}`, { field: 'model', model });
}

function hopeless(queueTimeout: number, etaMs: number): QueueTimeoutError {
  const wait = etaMs === Number.POSITIVE_INFINITY ? 'for longer than can be foreseen' : `${Math.ceil(etaMs)} ms`;
  return new QueueTimeoutError(
    `The request would wait ${wait} in line, but its queueTimeout is ${queueTimeout} ms (rejectHopeless). Raise queueTimeout, or its priority.`,
    { waitedMs: 0 },
  );
}

function timedOut(waitedMs: number): QueueTimeoutError {
  return new QueueTimeoutError(
    `The request waited ${waitedMs} ms in line (queueTimeout) and was not sent. Raise queueTimeout, or its priority.`,
    {
      waitedMs,
    },
  );
}

import {
  concat,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  firstValueFrom,
  isObservable,
  map,
  merge,
  mergeMap,
  Observable,
  type ObservableInput,
  of,
  ReplaySubject,
  Subject,
  startWith,
  switchMap,
  take,
  takeUntil,
} from 'rxjs';
import type { ConfigSource, ModelEntry } from '../config/index.js';
import { ClosedError } from '../errors/index.js';
import { promptCalibration, traitsOf } from '../estimate/index.js';
import type { ModelLimits } from '../limits/index.js';
import { departureFrom } from '../operators/checkValue.js';
import { fairness } from '../operators/fairness.js';
import { retryAccount } from '../operators/retryBudget.js';
import { defaultRetryPolicy } from '../operators/retryTransient.js';
import { toCompletion } from '../operators/toCompletion.js';
import {
  apart,
  atLeast,
  checkBreaker,
  checkOverflow,
  checkReserve,
  clockOf,
  memoryQuota,
  optionsOf,
  toBackfill,
} from '../pacing/index.js';
import { type ChatChunk, type ChatRequest, validateRequest } from '../request/index.js';
import { ownTransport, type Transport } from '../transport/index.js';
import { keepUsage } from '../usage/index.js';
import { configuredEntry, unknownModel } from './admission.js';
import { ask, askFor } from './ask.js';
import { openBudgets, withoutPrice } from './budgets.js';
import type { ChatClient, ChatClientOptions, Timeouts } from './ChatClient.js';
import type { ChatEvent } from './ChatEvent.js';
import { statusBook } from './ClientStatus.js';
import { Call } from './call.js';
import { openConfiguration } from './configuration.js';
import { continueOnBreak, continues } from './continueOnBreak.js';
import type { Answer } from './conversation.js';
import type { Core } from './core.js';
import { Deadlines } from './deadlines.js';
import { estimator, type FitOutput } from './estimator.js';
import { openLanes } from './lanes.js';
import { type Complete, parser } from './parse.js';
import { admitPassages } from './passage.js';
import { request as requestAny } from './request.js';
import { resultOf } from './result.js';
import { runTools } from './runTools.js';
import { streamEach } from './streamEach.js';
import type { Tool } from './Tools.js';
import { streams, watch } from './watch.js';

const defaultTimeouts: Required<Timeouts> = {
  connect: 10_000,
  head: 60_000,
  idle: 60_000,
  total: Number.POSITIVE_INFINITY,
};

/**
 * Makes a client: requests of each model stand in one line, go by priority under the model's quota, and stream back.
 *
 * ```ts
 * const client = createChatClient();          // the key in $GROQ_API_KEY, the free tier's limits
 * client.stream({ model: 'openai/gpt-oss-20b', messages: [{ role: 'user', content: 'Hello' }] })
 *   .pipe(contentDeltas()).subscribe(text => process.stdout.write(text));
 * ```
 * @param config path of a config file, configuration, or Observable of configurations; left out: `$GROQ_CONFIG_PATH`, then
 *   `./config.json`, then the built-in table of Groq's models
 * @throws ConfigError for a file or configuration that can't be used, with all its mistakes
 * @throws TypeError for an option that is out of its range
 */
export function createChatClient(config?: ConfigSource, options: ChatClientOptions = {}): ChatClient {
  const clock = clockOf(options.scheduler);
  const events$ = new Subject<ChatEvent>();
  const closed$ = new ReplaySubject<void>(1);
  const idle$ = new Subject<void>();
  /** `close` tells those under way. The network is left open for so long, or the last would hear of that. */
  let dismissing = false;
  const status = statusBook();
  const active = new Set<Call>();
  const {
    aging = 30_000,
    backfill = true,
    maxQueue = Number.POSITIVE_INFINITY,
    maxFlight = 2000,
    maxWait = 600_000,
    fallbackAfter = Number.POSITIVE_INFINITY,
  } = options;
  for (const [name, value] of Object.entries({ aging, maxQueue, maxFlight, maxWait, fallbackAfter }))
    atLeast(name, value, 0);
  const policy = optionsOf('retry', { ...defaultRetryPolicy, maxWait }, options.retry);
  const pacing = {
    aging,
    backfill: toBackfill(backfill),
    maxQueue,
    maxFlight,
    ...(options.overflow && { overflow: checkOverflow(options.overflow) }),
    ...(options.reserve && { reserve: checkReserve(options.reserve) }),
    ...(options.maxWait !== undefined && { maxWait: options.maxWait }),
    maxToldWait: policy.maxWait,
    ...(options.breaker && { breaker: checkBreaker(options.breaker) }),
  };
  /** How often each of a server's words could not be read. */
  const unread = new Map<string, number>();
  /** For the first who listens. */
  const unheard: ChatEvent[] = [];
  const storeFailed = (during: 'load' | 'save', error: unknown): void => {
    const event = { type: 'store_error', id: 'store', request: null, at: clock.now(), during, error } as const;
    if (events$.observed || during === 'save') core.report(event);
    else unheard.push(event); // nobody can listen before the client is there
  };
  const calibration = promptCalibration();
  const usage = options.usageStore && keepUsage(options.usageStore, clock, storeFailed, calibration);
  const budgets =
    options.budgets && options.budgets.length !== 0 ? openBudgets(options.budgets, clock, usage) : undefined;
  const lanes = openLanes(
    options.quota ?? memoryQuota(),
    clock,
    pacing,
    options.gate$,
    (pool, circuit, coolDownMs) =>
      core.report({ type: 'circuit', id: 'circuit', request: null, at: clock.now(), pool, circuit, coolDownMs }),
    usage,
  );
  const network = options.transport ? undefined : ownTransport(options.connection);
  let requests = 0;
  let closing: Observable<void> | undefined;

  const core: Core = {
    clock,
    deadlines: new Deadlines(clock),
    wallNow: () => Date.now(),
    policy,
    retries: retryAccount(policy.budget, clock.now),
    flexFallsBack: oneOf('onFlexFull', ['retry', 'on_demand'], options.onFlexFull) === 'on_demand',
    timeouts: optionsOf('timeouts', defaultTimeouts, options.timeouts),
    rejectHopeless: options.rejectHopeless ?? false,
    fallbackAfter,
    transport: (options.interceptors ?? []).reduceRight<Transport>(
      (next, intercept) => intercept(next),
      options.transport ?? network!.send,
    ),
    departure: options.strict && departureFrom(options.strict),
    fair: fairness(options.fairBy),
    lanes,
    estimator: estimator(
      options.tokenCounter,
      oneOf<FitOutput>('fitOutput', [false, true, 'now'], options.fitOutput),
      calibration,
      usage?.learnt,
    ),
    budgets,
    status,
    active,
    withoutUsageOption: new Set(),
    get closed() {
      return closing !== undefined;
    },
    get catalogue() {
      return configuration.catalogue;
    },
    get ready$() {
      return configuration.ready$;
    },
    nextId: () => `rx-${++requests}`,
    get heard() {
      return events$.observed;
    },
    report: event => events$.next(event),
    unread(model, what) {
      const times = (unread.get(what) ?? 0) + 1;
      unread.set(what, times);
      core.report({ type: 'unread', id: 'quota', request: null, at: clock.now(), model, what, times });
    },
    ended: () => {
      if (active.size === 0 && !dismissing) idle$.next();
    },
  };
  const configuration = openConfiguration(
    config,
    { watch: options.watchConfig, dangerouslyAllowBrowser: options.dangerouslyAllowBrowser },
    catalogue => {
      for (const call of [...active]) {
        const entry = catalogue.entry(call.model);
        if (entry) lanes.update(entry);
        else if (call.place === 'queued') call.ending?.failed(unknownModel(catalogue, call.model));
      }
      for (const name of catalogue.names) lanes.update(catalogue.entry(name)!);
      core.report({ type: 'config', id: 'config', request: null, at: clock.now() });
    },
    error => core.report({ type: 'config_error', id: 'config', request: null, at: clock.now(), error }),
  );

  const unpriced = budgets?.needsPrices
    ? core.catalogue?.names.filter(name => !core.catalogue?.entry(name)?.price)
    : [];
  if (unpriced?.length) {
    configuration.close();
    throw withoutPrice(unpriced);
  }

  options.quota?.notices$?.pipe(takeUntil(closed$)).subscribe({
    next: notice => core.report({ type: 'quota', id: 'quota', request: null, at: clock.now(), notice }),
    error: () => {},
  });

  const answer = (request: ChatRequest, whole: boolean, begun?: (id: string) => void): Observable<Answer> =>
    new Observable(subscriber => {
      const call = new Call(core, request, whole);
      begun?.(call.id);
      askFor(core, call, subscriber);
    });
  const streamOnce = (request: ChatRequest) => answer(request, false) as Observable<ChatChunk>;
  const stream = (request: ChatRequest): Observable<ChatChunk> => continueOnBreak(streamOnce, request);
  const complete: Complete = (request, begun) => {
    const once = (asked: ChatRequest, whole: boolean) => answer(asked, whole, begun) as Observable<never>;
    return continues(request)
      ? defer(() =>
          streams(core, request)
            ? continueOnBreak(asked => once(asked, false), request).pipe(toCompletion())
            : once(request, true),
        )
      : once(request, true);
  };
  const limitsOf = (entry: ModelEntry): ModelLimits => ({
    ...lanes.of(entry).limits(),
    calibration: calibration.of(entry.model),
  });
  const limitsOf$ = (entry: ModelEntry): Observable<ModelLimits> =>
    new Observable(subscriber => {
      const tell = (): void => subscriber.next(limitsOf(entry));
      subscriber.add(lanes.of(entry).watch(tell));
      tell();
      subscriber.add(closed$.subscribe(() => subscriber.complete()));
    });

  const shutDown = (done: ReplaySubject<void>): void => {
    const saved$ = usage?.close() ?? EMPTY;
    for (const part of [lanes, configuration, network, status]) apart(() => part?.close());
    closed$.next();
    const ended$ = defer(() => {
      events$.complete(); // not before the last save, which may have failed
      return core.estimator.close();
    });
    concat(saved$, ended$).subscribe({
      complete() {
        done.next();
        done.complete();
      },
    });
  };

  const client: ChatClient = {
    stream,
    complete: request => complete(request), // an operator that calls it may have more to say
    parse: parser(complete),
    runTools: (request, tools, options = {}) =>
      runTools(core, request, tools as Readonly<Record<string, Tool>>, options, ask),
    request: request => requestAny(core, request, ask),
    watch: request => watch(core, request, ask),
    streamEach: () => streamEach(core, streamOnce),
    completeEach: () => mergeMap(request => resultOf(core, request)),
    streamMap<T, O extends ObservableInput<unknown>>(
      project: (value: T) => ChatRequest,
      use: (chunks: Observable<ChatChunk>, value: T) => O,
    ) {
      return mergeMap((value: T) => use(stream(project(value)), value));
    },
    completeMap: project =>
      mergeMap(value => resultOf(core, project(value)).pipe(map(outcome => ({ ...outcome, value })))),
    models: () => core.catalogue?.names ?? [],
    limits: model => limitsOf(configuredEntry(core.catalogue, model)),
    limits$(model) {
      if (core.catalogue) configuredEntry(core.catalogue, model);
      return configuration.config$.pipe(
        map(() => core.catalogue?.entry(model)),
        filter(entry => !!entry),
        distinctUntilChanged((one, other) => lanes.of(one) === lanes.of(other) && one.model === other.model),
        switchMap(limitsOf$),
      );
    },
    status$: status.status$,
    events$: merge(
      events$,
      defer(() => unheard.splice(0)),
    ),
    countTokens: request =>
      defer(() =>
        configuration.ready$.pipe(
          concatMap(() => {
            const entry = configuredEntry(core.catalogue, validateRequest(request).model);
            const tokens = core.estimator.count(entry, request);
            return (isObservable(tokens) ? tokens : of(tokens)).pipe(
              map(counted => calibration.expect(entry.model, ...traitsOf(request, counted))),
            );
          }),
        ),
      ),
    budgets$: (budgets?.uses$ ?? of([])).pipe(takeUntil(closed$)),
    config$: configuration.config$,
    reloadConfig: source => configuration.reload(source),
    close({ drain = false } = {}) {
      if (!closing) {
        const done = new ReplaySubject<void>(1);
        closing = done.asObservable();
        // The last of them may end before the loop below does.
        idle$
          .pipe(
            startWith(undefined),
            filter(() => active.size === 0),
            take(1),
          )
          .subscribe(() => shutDown(done));
      }
      if (!drain) {
        lanes.stop();
        dismissing = true;
        for (const call of [...active])
          apart(() => call.ending?.failed(new ClosedError(undefined, { model: call.model })));
        dismissing = false;
        core.ended();
      }
      return closing;
    },
    [Symbol.asyncDispose]() {
      return firstValueFrom(client.close());
    },
  };
  return admitPassages(client, core);
}

/** The first is the default. @throws TypeError */
function oneOf<T>(name: string, allowed: readonly [T, ...T[]], given: T = allowed[0]): T {
  if (allowed.includes(given)) return given;
  throw new TypeError(`${name}: expected one of ${allowed.join(', ')}, got ${String(given)}`);
}

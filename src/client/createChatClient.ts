import {
  catchError,
  concatMap,
  defer,
  distinctUntilChanged,
  filter,
  firstValueFrom,
  from,
  isObservable,
  map,
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
import type { ConfigSource } from '../config/index.js';
import { type ChatFailure, ClosedError } from '../errors/index.js';
import type { ModelLimits } from '../limits/index.js';
import { fairness } from '../operators/fairness.js';
import { defaultBackfill } from '../operators/pace.js';
import { defaultRetryPolicy } from '../operators/retryTransient.js';
import { checkReserve, clockOf, memoryQuota, type Pacer } from '../pacing/index.js';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../request/index.js';
import { type ClosableTransport, type Transport, undiciTransport } from '../transport/index.js';
import { admission, configuredEntry, unknownModel } from './admission.js';
import type { ChatClient, ChatClientOptions, ChatResult, Timeouts } from './ChatClient.js';
import type { ChatEvent } from './ChatEvent.js';
import { statusBook } from './ClientStatus.js';
import { type Call, newCall, timingOf } from './call.js';
import { openConfiguration } from './configuration.js';
import { type Answer, converse } from './conversation.js';
import type { Core } from './core.js';
import { estimator } from './estimator.js';
import { follow } from './follow.js';
import { openLanes } from './lanes.js';
import { parser } from './parse.js';
import { streamEach } from './streamEach.js';
import { watch } from './watch.js';

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
 */
export function createChatClient(config?: ConfigSource, options: ChatClientOptions = {}): ChatClient {
  const clock = clockOf(options.scheduler);
  const events$ = new Subject<ChatEvent>();
  const closed$ = new ReplaySubject<void>(1);
  const idle$ = new Subject<void>();
  const status = statusBook();
  const active = new Set<Call>();
  const {
    aging = 30_000,
    backfill = defaultBackfill,
    maxQueue = Number.POSITIVE_INFINITY,
    maxFlight = 2000,
    maxWait = 600_000,
  } = options;
  const pacing = {
    aging,
    backfill: backfill && { ...defaultBackfill, ...backfill },
    maxQueue,
    maxFlight,
    ...(options.overflow && { overflow: options.overflow }),
    ...(options.reserve && { reserve: checkReserve(options.reserve) }),
    ...(options.maxWait !== undefined && { maxWait: options.maxWait }),
  };
  const lanes = openLanes(options.quota ?? memoryQuota(), clock, pacing, options.gate$);
  let ownTransport: ClosableTransport | undefined;
  let requests = 0;
  let closing: Observable<void> | undefined;

  const sendByUndici: Transport = request => {
    ownTransport ??= undiciTransport();
    return ownTransport.send(request);
  };
  const core: Core = {
    clock,
    wallNow: () => Date.now(),
    policy: { ...defaultRetryPolicy, maxWait, ...options.retry },
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    rejectHopeless: options.rejectHopeless ?? false,
    transport: options.transport ?? sendByUndici,
    fair: fairness(options.fairBy),
    lanes,
    estimator: estimator(options.tokenCounter),
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
    report: event => {
      if (events$.observed) events$.next(event);
    },
    ended: () => {
      if (active.size === 0) idle$.next();
    },
  };
  const configuration = openConfiguration(
    config,
    options.watchConfig ?? false,
    catalogue => {
      for (const call of [...active]) {
        const entry = catalogue.entry(call.model);
        if (entry) lanes.update(entry);
        else if (call.place === 'queued') call.abort?.(unknownModel(catalogue, call.model));
      }
      for (const name of catalogue.names) lanes.update(catalogue.entry(name)!);
      core.report({ type: 'config', id: 'config', request: null, at: clock.now() });
    },
    error => core.report({ type: 'config_error', id: 'config', request: null, at: clock.now(), error }),
  );

  const ask = (call: Call): Observable<Answer> =>
    follow(core, call, admission(core, call).pipe(concatMap(permit => converse(core, call, permit))));
  const stream = (request: ChatRequest): Observable<ChatChunk> =>
    defer(() => ask(newCall(core, request, false)) as Observable<ChatChunk>);
  const complete = (request: ChatRequest): Observable<ChatCompletion> =>
    defer(() => ask(newCall(core, request, true)) as Observable<ChatCompletion>);
  const result = (request: ChatRequest): Observable<ChatResult> =>
    defer(() => {
      const call = newCall(core, request, true);
      return (ask(call) as Observable<ChatCompletion>).pipe(
        map((completion): ChatResult => ({ request, timing: timingOf(core, call), ok: true, completion })),
        catchError((error: ChatFailure) => of<ChatResult>({ request, timing: timingOf(core, call), ok: false, error })),
      );
    });
  const pacerOf = (model: string): Pacer => lanes.of(configuredEntry(core.catalogue, model));

  const shutDown = (done: ReplaySubject<void>): void => {
    lanes.close();
    configuration.close();
    ownTransport?.close();
    status.close();
    events$.complete();
    closed$.next();
    from(core.estimator.close()).subscribe({
      complete() {
        done.next();
        done.complete();
      },
    });
  };

  return {
    stream,
    complete,
    parse: parser(complete),
    watch: request => watch(core, request, ask),
    streamEach: () => streamEach(core, stream),
    completeEach: () => mergeMap(result),
    streamMap<T, O extends ObservableInput<unknown>>(
      project: (value: T) => ChatRequest,
      use: (chunks: Observable<ChatChunk>, value: T) => O,
    ) {
      return mergeMap((value: T) => use(stream(project(value)), value));
    },
    completeMap: project => mergeMap(value => result(project(value)).pipe(map(outcome => ({ ...outcome, value })))),
    models: () => core.catalogue?.names ?? [],
    limits: model => pacerOf(model).limits(),
    limits$(model) {
      if (core.catalogue) pacerOf(model);
      return configuration.config$.pipe(
        map(() => core.catalogue?.entry(model)),
        filter(entry => entry !== undefined),
        map(entry => lanes.of(entry)),
        distinctUntilChanged(),
        switchMap(limitsOf),
        takeUntil(closed$),
      );
    },
    status$: status.status$,
    events$: events$.asObservable(),
    countTokens: request =>
      defer(() =>
        configuration.ready$.pipe(
          concatMap(() => {
            const tokens = core.estimator.count(configuredEntry(core.catalogue, request.model), request);
            return isObservable(tokens) ? tokens : of(tokens);
          }),
        ),
      ),
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
        for (const call of [...active]) call.abort?.(new ClosedError(undefined, { model: call.model }));
      }
      return closing;
    },
    [Symbol.asyncDispose]() {
      return firstValueFrom(this.close());
    },
  };
}

function limitsOf(pacer: Pacer): Observable<ModelLimits> {
  return new Observable(subscriber => {
    const stop = pacer.watch(() => subscriber.next(pacer.limits()));
    subscriber.next(pacer.limits());
    return stop;
  });
}

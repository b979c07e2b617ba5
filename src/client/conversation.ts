import { catchError, concatMap, defer, finalize, type Observable, tap, timer } from 'rxjs';
import type { ModelEntry } from '../config/index.js';
import { contentOf } from '../decode/index.js';
import type { ChatFailure } from '../errors/index.js';
import type { QuotaReport } from '../limits/index.js';
import { nextAttempt } from '../operators/retryTransient.js';
import { toCompletion } from '../operators/toCompletion.js';
import type { FlyingPermit } from '../pacing/index.js';
import type { ChatChunk, ChatCompletion } from '../request/index.js';
import { type ResponseHead, reportOf, reportsIn } from '../transport/index.js';
import { admission, entryOf } from './admission.js';
import { about, type Call, failureOfCall, move } from './call.js';
import type { Core } from './core.js';
import { exchange, usageIn } from './exchange.js';
import { fallBack } from './fallbacks.js';
import { isOutage } from './fallsBack.js';
import { canStream, wireRequest } from './wire.js';

export type Answer = ChatChunk | ChatCompletion;

/** Sends an admitted call, again where that may help, and emits its answer: chunks, or one completion if it is wanted whole. */
export function converse(core: Core, call: Call, permit: FlyingPermit): Observable<Answer> {
  return defer(() => attempt(core, call, permit));
}

function attempt(core: Core, call: Call, permit: FlyingPermit): Observable<Answer> {
  const { clock } = core;
  const estimate = call.estimate!;
  let head: ResponseHead | undefined;
  let text = 0;
  let settled = false;

  const settle = (failure?: ChatFailure): void => {
    if (settled) return;
    settled = true;
    const actual =
      failure && chargedNothing(failure, head)
        ? noTokens
        : call.usage
          ? estimate.settled(call.usage)
          : estimate.abandoned(text);
    if (failure && neverSent(failure)) permit.release();
    else if (entry.countFrom === 'end') permit.settle(actual ?? {}, true);
    else if (actual) permit.settle(actual);
    permit.end();
  };
  const track = (answer: Answer): void => {
    permit.tell('success');
    call.usage = usageIn(answer) ?? call.usage;
    if (answer.object === 'chat.completion') return;
    call.chunks++;
    const { length } = contentOf(answer);
    if (length > 0 && text === 0) {
      call.firstTokenMs = clock.now() - call.sentAt;
      core.report({ type: 'first_token', ...about(core, call), firstTokenMs: call.firstTokenMs });
    }
    text += length;
  };

  let entry: ModelEntry;
  let streaming: boolean;
  let answer$: Observable<Answer>;
  try {
    // The newest: its key or address may have changed while the call waited.
    entry = entryOf(core, call.model, undefined, call.passage?.keyed);
    streaming = !call.whole || (call.request.stream !== false && canStream(entry, call.request));
    const timeouts = { ...core.timeouts, ...entry.timeouts };
    const successor = core.catalogue!.successor(call.model);
    answer$ = exchange({
      transport: call.passage?.transport(core.transport) ?? core.transport,
      wire: wireRequest(entry, call.request, {
        streaming,
        askUsage: entry.dialect === 'openai' && !core.withoutUsageOption.has(entry.baseUrl),
        connectTimeout: timeouts.connect,
      }),
      streaming,
      timeouts,
      clock,
      wallNow: core.wallNow,
      model: call.model,
      advice: successor && `Groq has retired it; "${successor}" takes its place.`,
      head(response) {
        head = response;
        permit.acknowledged();
        core.report({ type: 'head', ...about(core, call), status: response.status });
        for (const report of reportsIn(response.headers, entry.dialect)) hear(core, call, permit, report);
      },
    });
  } catch (error) {
    permit.release();
    throw error;
  }

  call.attempts++;
  call.chunks = 0;
  call.usage = null;
  call.firstTokenMs = null;
  call.sentAt = clock.now();
  move(core, call, 'inFlight');
  core.report({ type: 'sent', ...about(core, call), attempt: call.attempts });
  call.progress?.({ state: 'sent' });

  const tracked$ = answer$.pipe(tap({ next: track, complete: () => settle() }));
  const whole$ = call.whole && streaming ? (tracked$ as Observable<ChatChunk>).pipe(toCompletion()) : tracked$;
  return whole$.pipe(
    catchError(error => {
      const failure = failureOfCall(call, error);
      permit.tell(isOutage(failure) ? 'failure' : 'success');
      // What a subscriber has seen is never repeated.
      const delivered = call.passage ? call.passage.begun : !call.whole && call.chunks > 0;
      const next = delivered ? undefined : again(core, call, permit, entry, failure, () => settle(failure));
      if (next) return next;
      settle(failure);
      if (delivered || !fallBack(core, call, failure)) throw failure;
      return resume(core, call, admission(core, call));
    }),
    finalize(() => settle()),
  );
}

/** Another attempt, if there is to be one. */
function again(
  core: Core,
  call: Call,
  permit: FlyingPermit,
  entry: ModelEntry,
  failure: ChatFailure,
  settle: () => void,
): Observable<Answer> | undefined {
  if (refusesUsageOption(failure) && !core.withoutUsageOption.has(entry.baseUrl)) {
    core.withoutUsageOption.add(entry.baseUrl);
    settle();
    return resume(core, call, admission(core, call, permit.seat));
  }
  call.tries ??= { retries: 0, refusals: 0 };
  const waitMs = nextAttempt(failure, call.tries, core.policy);
  if (waitMs === undefined) return undefined;
  if (failure.kind === 'rate_limit') {
    core.report({ type: 'refused', ...about(core, call), retryAfterMs: waitMs, error: failure });
    move(core, call, 'queued');
    const seat = permit.refuse(waitMs);
    const report = reportOf(failure, entry.dialect);
    if (report) hear(core, call, permit, report);
    settle();
    return resume(core, call, admission(core, call, seat));
  }
  settle();
  core.report({ type: 'retrying', ...about(core, call), waitMs, error: failure });
  move(core, call, 'queued');
  return timer(waitMs, core.clock.scheduler).pipe(
    concatMap(() => resume(core, call, admission(core, call, permit.seat))),
  );
}

/** Goes on with the permit that it waits for. */
function resume(core: Core, call: Call, permit$: Observable<FlyingPermit>): Observable<Answer> {
  return permit$.pipe(concatMap(permit => converse(core, call, permit)));
}

/** Takes the server's word on a window, and tells what that has changed. */
function hear(core: Core, call: Call, permit: FlyingPermit, report: QuotaReport): void {
  call.estimate!.heard(report, () => permit.surplus(report)); // before it corrects anything
  const change = permit.hear(report);
  if (change)
    core.report({ type: 'window', id: 'window', request: null, at: core.clock.now(), model: call.model, change });
}

const noTokens = { tokens: 0, input_tokens: 0, output_tokens: 0 };

/** The API charges no tokens for a fault of its own, nor for a request that it refused before a model ran: those carry no rate-limit headers. */
function chargedNothing(failure: ChatFailure, head: ResponseHead | undefined): boolean {
  if (failure.kind === 'request_too_large') return true;
  if (failure.kind !== 'api' && failure.kind !== 'authentication') return false;
  const { status = 0 } = failure;
  return (
    status >= 500 ||
    (status >= 400 && !!head && head.status >= 400 && head.headers['x-ratelimit-limit-tokens'] === undefined)
  );
}

function neverSent(failure: ChatFailure): boolean {
  if (failure.kind === 'stream_timeout') return failure.phase === 'connect';
  return (
    failure.kind === 'connection' &&
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(failure.code ?? '')
  );
}

/** An OpenAI-compatible server that does not know `stream_options` says so with a 400. */
function refusesUsageOption(failure: ChatFailure): boolean {
  return failure.kind === 'api' && failure.status === 400 && /stream_options|include_usage/.test(failure.message);
}

import { concatMap, type Observable, Subscriber, timer } from 'rxjs';
import type { ModelEntry } from '../config/index.js';
import { type CompletionBuilder, completionBuilder, contentOf, lengthOf } from '../decode/index.js';
import type { ChatFailure, RateLimitError, RequestTooLargeError } from '../errors/index.js';
import { capOf } from '../estimate/index.js';
import type { QuotaReport, WindowChange } from '../limits/index.js';
import { nextAttempt } from '../operators/retryTransient.js';
import { apart, type FlyingPermit } from '../pacing/index.js';
import type { ChatChunk, ChatCompletion } from '../request/index.js';
import { type QueuePlace, type ResponseHead, reportOf, reportsIn, type TransportRequest } from '../transport/index.js';
import { admission, entryOf } from './admission.js';
import type { Timeouts } from './ChatClient.js';
import { type Call, end, fail, failureOfCall, move, tell } from './call.js';
import { chargedNothing, neverSent, noTokens, taken } from './charges.js';
import type { Core } from './core.js';
import { type ExchangeOwner, exchange, usageOfAnswer } from './exchange.js';
import { fallBack } from './fallbacks.js';
import { isOutage } from './fallsBack.js';
import { canStream, wireRequest } from './wire.js';

export type Answer = ChatChunk | ChatCompletion;

/** Whom an attempt is made for. */
export interface Asker {
  /** There is to be another, with this permit. */
  goesAgain(permit$: Observable<FlyingPermit>): void;
}

/** Sends an admitted call; the subscriber gets its answer: chunks, or one completion if it is wanted whole. Another attempt is the asker's business. */
export function converse(
  core: Core,
  call: Call,
  permit: FlyingPermit,
  subscriber: Subscriber<Answer>,
  asker: Asker,
): void {
  try {
    // The newest: its key or address may have changed while the call waited.
    const entry = entryOf(core, call.model, undefined, call.passage?.keyed);
    new Attempt(core, call, entry, permit, subscriber, asker).begin();
  } catch (error) {
    permit.release();
    fail(core, call, error, subscriber);
  }
}

/**
 * One attempt: hears the answer, and keeps the books of what it took; the call ends with it, unless it goes on. A class for the reason that makes
 * `ChunkReader` one.
 */
class Attempt extends Subscriber<Answer> implements ExchangeOwner {
  readonly streaming: boolean;
  readonly timeouts: Required<Timeouts>;
  private readonly assembled: CompletionBuilder | undefined;
  private head: ResponseHead | undefined = undefined;
  /** Characters that have come, of all that is charged. */
  private text = 0;
  /** Characters that what is reserved is enough for. */
  private enough = Number.POSITIVE_INFINITY;
  private settled = false;
  private sent = false;
  /** After which it is to go again: the server has charged nothing. */
  private refusal: ChatFailure | undefined = undefined;
  /** The whole answer, until its end. */
  private completion: Answer | undefined = undefined;
  /** How it ends for whoever unsubscribes now. */
  private outcome: 'completed' | 'cancelled' = 'cancelled';
  /** There is to be another. */
  private goesOn = false;

  constructor(
    readonly core: Core,
    readonly call: Call,
    private readonly entry: ModelEntry,
    private readonly permit: FlyingPermit,
    private readonly subscriber: Subscriber<Answer>,
    private readonly asker: Asker,
  ) {
    super(subscriber); // so it is unsubscribed with it
    this.timeouts = { ...core.timeouts, ...entry.timeouts };
    this.streaming = !call.whole || (call.request.stream !== false && canStream(entry, call.request));
    if (call.whole && this.streaming) this.assembled = completionBuilder();
  }

  begin(): void {
    const { core, call } = this;
    const wire = this.wire();
    if (++call.attempts === 1) core.retries.sent();
    call.chunks = 0;
    call.usage = null;
    call.firstTokenMs = null;
    call.sentAt = core.clock.now();
    call.ending = this;
    move(core, call, 'inFlight');
    this.enough = call.estimate!.enough;
    const to = call.estimate!.fitted;
    if (to !== undefined) tell(core, call, { type: 'output_fitted', from: capOf(call.request)!, to });
    tell(core, call, { type: 'sent', attempt: call.attempts });
    call.progress?.({ state: 'sent' });
    if (this.closed) return; // whoever heard of it has unsubscribed: nothing is sent
    this.sent = true;
    exchange(wire, this);
  }

  /** It is ended from outside. What it took is said before its books are closed. */
  failed(failure: ChatFailure): void {
    this.settle();
    fail(this.core, this.call, failure, this.subscriber);
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe(); // the exchange's own teardown is first
    this.settle();
    this.head = undefined; // see `Call`
    if (!this.goesOn) end(this.core, this.call, this.outcome);
  }

  begun(head: ResponseHead): void {
    const { core, call, permit, entry } = this;
    this.head = head;
    permit.acknowledged();
    tell(core, call, { type: 'head', status: head.status });
    const unread = (header: string): void => core.unread(call.model, header);
    for (const report of reportsIn(head.headers, entry.dialect, entry.quotaHeaders, unread)) {
      // "All left" in the head of a refusal by another window is no refund.
      if (head.status < 400) this.learn(report);
      else hear(core, call, permit, report);
    }
  }

  standing(place: QueuePlace | undefined): void {
    this.call.progress?.(place ? { state: 'queued', ...place, waitingFor: 'the gateway' } : { state: 'sent' });
  }

  /** Says what it took, once. */
  private settle(failure = this.refusal): void {
    if (this.settled) return;
    this.settled = true;
    apart(() => this.count(failure)); // in a quota of the user's, maybe
    this.permit.end();
  }

  private count(failure: ChatFailure | undefined): void {
    const { permit, call } = this;
    if (!this.sent) {
      permit.release();
      return;
    }
    const actual =
      failure && chargedNothing(failure, this.head)
        ? noTokens
        : call.usage
          ? call.estimate!.settled(call.usage)
          : call.estimate!.abandoned(this.text);
    call.spending?.took(this.entry, taken(failure, call.usage, actual));
    if (failure && (neverSent(failure) || failure === this.refusal)) permit.release();
    else if (this.entry.countFrom === 'end') permit.settle(actual ?? {}, true);
    else if (actual) permit.settle(actual);
  }

  protected override _next(answer: Answer): void {
    this.track(answer);
    if (this.assembled) this.assembled.add(answer as ChatChunk);
    else if (this.call.whole) this.completion = answer;
    else this.subscriber.next(answer);
  }

  protected override _complete(): void {
    const { core, call, assembled, subscriber } = this;
    this.settle();
    const answer = assembled?.begun() ? assembled.completion() : this.completion;
    this.outcome = 'completed'; // also for who takes one answer and is gone with it
    if (answer) apart(() => subscriber.next(answer));
    end(core, call, 'completed');
    subscriber.complete();
  }

  protected override _error(error: unknown): void {
    const { core, call, permit } = this;
    const failure = failureOfCall(call, error);
    permit.tell(isOutage(failure) ? 'failure' : 'success');
    // What a subscriber has seen is never repeated.
    const delivered = call.passage ? call.passage.begun : !call.whole && call.chunks > 0;
    let next: Observable<FlyingPermit> | undefined;
    let told = failure;
    try {
      if (!delivered) next = this.again(failure);
    } catch (thrown) {
      told = failureOfCall(call, thrown); // by a function of the user's
    }
    if (!next) {
      this.settle(failure);
      if (delivered || !fallBack(core, call, told)) {
        fail(core, call, told, this.subscriber);
        return;
      }
      next = admission(core, call);
    }
    this.goesOn = true;
    this.unsubscribe(); // frees the socket before the next attempt takes one
    this.asker.goesAgain(next);
  }

  private wire(): TransportRequest {
    const { core, call, entry, streaming } = this;
    return wireRequest(entry, call.request, {
      streaming,
      askUsage: entry.dialect === 'openai' && !core.withoutUsageOption.has(entry.baseUrl),
      connectTimeout: this.timeouts.connect,
      cap: call.estimate!.fitted,
      onDemand: call.onDemand,
    });
  }

  private track(answer: Answer): void {
    const { core, call } = this;
    this.permit.tell('success');
    call.usage = usageOfAnswer(answer) ?? call.usage;
    if (answer.object === 'chat.completion') return;
    call.chunks++;
    if (call.firstTokenMs === null && contentOf(answer) !== '') {
      call.firstTokenMs = core.clock.now() - call.sentAt;
      tell(core, call, { type: 'first_token', firstTokenMs: call.firstTokenMs });
    }
    this.text += lengthOf(answer);
    if (this.text > this.enough) this.grow();
  }

  /** The answer is longer than was forecast. In steps, so that its end does not take from the windows what others have been promised. */
  private grow(): void {
    const { permit, call } = this;
    while (this.text > call.estimate!.enough) permit.grow(call.estimate!.grow());
    this.enough = call.estimate!.enough;
  }

  /** The refusal names no window. */
  private guess({ window }: RateLimitError): void {
    const { core, call, permit } = this;
    if (window === undefined) core.unread(call.model, 'refusal');
    const change = permit.guess();
    if (change) tellWindow(core, call, change);
  }

  /** Another attempt, if there is to be one. */
  private again(failure: ChatFailure): Observable<FlyingPermit> | undefined {
    const { core, call, permit, entry } = this;
    if (refusesUsageOption(failure) && !core.withoutUsageOption.has(entry.baseUrl)) {
      core.withoutUsageOption.add(entry.baseUrl);
      this.settle(failure);
      return admission(core, call, permit.seat);
    }
    if (core.flexFallsBack && flexIsFull(failure) && asksForFlex(call)) {
      call.onDemand = true;
      return this.sendAgain(failure, 0);
    }
    if (failure.kind === 'request_too_large') return this.refit(failure);
    call.tries ??= { retries: 0, refusals: 0 };
    const waitMs = nextAttempt(failure, call.tries, core.policy, core.retries.take);
    if (failure.kind === 'rate_limit') {
      const report = reportOf(failure, entry.dialect, permit.windows);
      if (waitMs === undefined) {
        this.warn(failure, report);
        return undefined;
      }
      this.refusal = failure;
      tell(core, call, { type: 'refused', retryAfterMs: waitMs, error: failure });
      move(core, call, 'queued');
      const seat = permit.refuse(waitMs);
      if (report) this.learn(report);
      else this.guess(failure);
      this.settle(failure);
      return admission(core, call, seat);
    }
    return waitMs === undefined ? undefined : this.sendAgain(failure, waitMs);
  }

  /** It does not go once more. Where its window has no room for hours, those behind it fail, or fall back, by what the window has. */
  private warn({ retryAfterMs = 0 }: RateLimitError, report: QuotaReport | undefined): void {
    if (!report || retryAfterMs <= this.core.policy.maxWait) return;
    this.permit.refuse(0);
    this.learn(report);
  }

  /** What it teaches of what is reserved, too. */
  private learn(report: QuotaReport): void {
    const { core, call, permit } = this;
    call.estimate!.heard(report, () => permit.surplus(report)); // before it corrects anything
    hear(core, call, permit, report);
  }

  /** A request that its window can never hold tells the window. Where caps are lowered to what the windows hold, it goes once more with one. */
  private refit(failure: RequestTooLargeError): Observable<FlyingPermit> | undefined {
    const { core, call, entry } = this;
    const report = reportOf(failure, entry.dialect, this.permit.windows);
    if (!report) return undefined;
    this.learn(report);
    const cap = capOf(call.request);
    if (!core.estimator.fitsOutput || cap === undefined || call.passage || call.refitted) return undefined;
    call.refitted = true;
    return this.sendAgain(failure, 0);
  }

  private sendAgain(failure: ChatFailure, waitMs: number): Observable<FlyingPermit> {
    const { core, call, permit } = this;
    this.settle(failure);
    tell(core, call, { type: 'retrying', waitMs, error: failure });
    move(core, call, 'queued');
    return timer(waitMs, core.clock.scheduler).pipe(concatMap(() => admission(core, call, permit.seat)));
  }
}

/** Takes the server's word on a window, and tells what that has changed. */
function hear(core: Core, call: Call, permit: FlyingPermit, report: QuotaReport): void {
  const change = permit.hear(report);
  if (change) tellWindow(core, call, change);
}

function tellWindow(core: Core, { model }: Call, change: WindowChange): void {
  core.report({ type: 'window', id: 'window', request: null, at: core.clock.now(), model, change });
}

function flexIsFull(failure: ChatFailure): boolean {
  return failure.kind === 'api' && failure.status === 498;
}

/** Still; a passage's body is its own. */
function asksForFlex({ request, onDemand, passage }: Call): boolean {
  return request.service_tier === 'flex' && !onDemand && !passage;
}

/** An OpenAI-compatible server that does not know `stream_options` says so with a 400. */
function refusesUsageOption(failure: ChatFailure): boolean {
  return failure.kind === 'api' && failure.status === 400 && /stream_options|include_usage/.test(failure.message);
}

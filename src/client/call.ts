import type { Subscriber } from 'rxjs';
import { annotate } from '../errors/ChatError.js';
import { type ChatFailure, ClosedError, ConnectionError, isChatError } from '../errors/index.js';
import { type Cost, defaultPriority, isPriority, type Priority } from '../limits/index.js';
import type { Attempts } from '../operators/retryTransient.js';
import { apart, type Pacer, type Seat } from '../pacing/index.js';
import type { ChatRequest, Usage } from '../request/index.js';
import type { Spending } from './budgets.js';
import type { ChatTiming } from './ChatClient.js';
import type { CallEvent, ChatEvent } from './ChatEvent.js';
import type { StatusCounts } from './ClientStatus.js';
import type { Core } from './core.js';
import type { Estimate } from './estimator.js';
import { heedSignal, ignoreSignal } from './heedSignal.js';
import type { Passage } from './passage.js';
import type { ChatProgress } from './watch.js';

/**
 * One request from its subscription to its end: what is known of it on the way. A class, as V8 moves what literals make into its old space
 * once most of it lives for long (allocation-site pretenuring): there it would drag along all that a request has made, until the next whole collection.
 */
export class Call {
  readonly id: string;
  /** The one that has it now: its own, or one of its fallbacks. */
  model: string;
  /** Models that may still answer, in order, `model` among them; undefined where there are no fallbacks. */
  candidates: readonly string[] | undefined = undefined;
  /** The priority it came with, for the books. */
  readonly priority: Priority;
  readonly beganAt: number;
  /** With the present model; undefined until one has failed. */
  tries: Attempts | undefined = undefined;
  /** It asked for flex, there was none, and it goes on without. */
  onDemand = false;
  /** A refusal taught what cap its window holds, and it went again with that. */
  refitted = false;
  place: keyof StatusCounts | undefined = undefined;
  /** ms in line, all waits together */
  queuedMs = 0;
  /** Instant at which the wait under way began. */
  inLineAt = 0;
  attempts = 0;
  sentAt = 0;
  firstTokenMs: number | null = null;
  /** Chunks of the attempt under way. */
  chunks = 0;
  usage: Usage | null = null;
  estimate: Estimate | undefined = undefined;
  /** What it takes, where it was in line last, as far as that is known. */
  cost: Cost | undefined = undefined;
  /** Whose it is, where keys take turns. */
  key: unknown = undefined;
  /** Its part of the budgets, once it has one. */
  spending: Spending | undefined = undefined;
  /** Somebody watches how far it is. */
  progress: ((progress: ChatProgress) => void) | undefined = undefined;
  /** It is somebody else's exchange. */
  passage: Passage | undefined = undefined;
  /** Where the call before it in one conversation stood, by line: there it comes back to, and it was taken in with that one. */
  seats: Map<Pacer, Seat> | undefined = undefined;
  /** Ends it from outside. */
  ending: { failed(error: ChatFailure): void } | undefined = undefined;

  constructor(
    core: Core,
    readonly request: ChatRequest,
    /** The answer is wanted whole: nothing is delivered before its end. */
    readonly whole: boolean,
  ) {
    const priority: unknown = request?.priority;
    this.id = core.nextId();
    this.model = String(request?.model);
    this.priority = isPriority(priority) ? priority : defaultPriority;
    this.beganAt = core.clock.now();
  }
}

/** Puts a call into the books. @throws ClosedError */
export function begin(core: Core, call: Call, ending: NonNullable<Call['ending']>): void {
  if (core.closed && !call.place && !call.seats?.size) throw new ClosedError(undefined, { model: call.model });
  call.ending = ending;
  if (call.place) return;
  core.active.add(call);
  move(core, call, 'queued');
  tell(core, call, { type: 'queued' });
  // Not for one that whoever heard of it has unsubscribed.
  if (call.request?.signal && call.place !== 'done') heedSignal(call);
}

/** A wait in line is over. */
export function waited(core: Core, call: Call): void {
  call.queuedMs += core.clock.now() - call.inLineAt;
}

/** A call has its permit. */
export function admitted(core: Core, call: Call): void {
  waited(core, call);
  tell(core, call, { type: 'admitted', queuedMs: call.queuedMs });
}

/** Ends a call with an error, whatever that is. */
export function fail(core: Core, call: Call, error: unknown, subscriber: Subscriber<never>): void {
  const failure = failureOfCall(call, error);
  end(core, call, failure);
  apart(() => subscriber.error(failure));
}

/** Takes a call out of the books, once. */
export function end(core: Core, call: Call, how: 'completed' | 'cancelled' | ChatFailure): void {
  if (call.place === 'done') return;
  core.active.delete(call);
  call.spending?.end();
  call.ending = undefined;
  if (call.request?.signal) ignoreSignal(call);
  if (call.place) move(core, call, 'done');
  if (core.heard) {
    const timing = timingOf(core, call);
    if (how === 'completed') tell(core, call, { type: 'completed', timing, usage: call.usage });
    else if (how === 'cancelled' || how.kind === 'abort')
      tell(core, call, { type: 'cancelled', timing, chunks: call.chunks });
    else tell(core, call, { type: 'failed', timing, error: how });
  }
  core.ended();
}

export function move(core: Core, call: Call, to: keyof StatusCounts): void {
  if (call.place === 'done') return; // whoever heard of why it goes again has unsubscribed
  core.status.move(call.model, call.priority, call.place, to);
  call.place = to;
}

export function timingOf(core: Core, call: Call): ChatTiming {
  return {
    queuedMs: call.queuedMs,
    firstTokenMs: call.firstTokenMs,
    totalMs: core.clock.now() - call.beganAt,
    attempts: call.attempts,
  };
}

/** Tells `events$` of a call. */
export function tell(core: Core, call: Call, event: CallEvent): void {
  // Nobody listens mostly, and then no event is made.
  if (core.heard)
    core.report({ id: call.id, request: call.request, model: call.model, at: core.clock.now(), ...event } as ChatEvent);
}

/** Any error as one of ours, with what only the client knows of the request. */
export function failureOfCall(call: Call, error: unknown): ChatFailure {
  const failure = isChatError(error)
    ? error
    : new ConnectionError(`${call.model}: something failed that should not. See error.cause.`, {
        cause: error,
        retryable: false,
      });
  return annotate(failure, { model: call.model, requestId: call.id, attempts: call.attempts });
}

import { Observable, Subscription } from 'rxjs';
import { completionBuilder } from '../decode/index.js';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import { textOf } from '../operators/toText.js';
import type { Clock, Foresight, Pacer } from '../pacing/index.js';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../request/index.js';
import type { QueuePlace } from '../transport/index.js';
import { Call } from './call.js';
import { continueOnBreak } from './continueOnBreak.js';
import type { Answer } from './conversation.js';
import type { Core } from './core.js';
import { onceATurn } from './onceATurn.js';
import { canStream } from './wire.js';

/** How far a request is, for a user interface. A request that is refused or sent again is `queued` once more. */
export type ChatProgress =
  | {
      readonly state: 'queued';
      /** 1 = next. */
      readonly position: number;
      /**
       * ms until it will be sent, if nothing else comes and answers come at once: by priority, aging, turns, reserve and `backfill`, as the
       * line stands. null where it hangs on more than time.
       */
      readonly etaMs: number | null;
      /** What it waits for: a window ('tokens per 1m'), 'the server', 'the circuit', 'the gate', 'max_concurrent', 'its turn'; 'the gateway' that it
       * was sent to, and that has it in its own line. */
      readonly waitingFor: string;
    }
  | { readonly state: 'sent' }
  /** `text`: all of it so far. */
  | { readonly state: 'streaming'; readonly text: string; readonly chunk: ChatChunk }
  | { readonly state: 'done'; readonly text: string; readonly completion: ChatCompletion };

/** See `ChatClient.watch`. */
export function watch(
  core: Core,
  request: ChatRequest,
  ask: (core: Core, call: Call) => Observable<Answer>,
): Observable<ChatProgress> {
  return new Observable(subscriber => {
    const streaming = streams(core, request);
    const askOnce = (asked: ChatRequest): Observable<Answer> => {
      const call = new Call(core, asked, !streaming);
      call.progress = progress => subscriber.next(progress);
      return ask(core, call);
    };
    const answer$ = streaming
      ? continueOnBreak(askOnce as (asked: ChatRequest) => Observable<ChatChunk>, request)
      : askOnce(request);
    const builder = completionBuilder();
    let text = '';
    let whole: ChatCompletion | undefined;
    const receive = (answer: Answer): void => {
      text += textOf(answer);
      if (answer.object === 'chat.completion') {
        whole = answer;
        return;
      }
      builder.add(answer);
      subscriber.next({ state: 'streaming', text, chunk: answer });
    };
    const finish = (): void => {
      subscriber.next({ state: 'done', text, completion: whole ?? builder.completion() });
      subscriber.complete();
    };
    answer$.subscribe(operatorSubscriber<Answer>(subscriber, receive, finish));
  });
}

/** False also where the model is not known: then there will be an error instead of an answer. */
export function streams(core: Core, request: ChatRequest): boolean {
  const fallbacks: unknown = request?.fallbacks;
  const models = [request?.model, ...(Array.isArray(fallbacks) ? fallbacks : [])];
  return (
    request?.stream !== false &&
    models.every(model => {
      const entry = core.catalogue?.entry(String(model));
      return !entry || canStream(entry, request);
    })
  );
}

/** What is foreseen of a place in line, by how long it takes from now. */
export function placeOf({ position, at }: Foresight, clock: Clock): QueuePlace {
  return { position, etaMs: at === Number.POSITIVE_INFINITY ? null : Math.max(0, Math.ceil(at - clock.now())) };
}

/** Tells a place in line, at once and as it changes. However much changes in one turn, it is told once. */
export function tellPlace(
  lane: Pacer,
  place: unknown,
  clock: Clock,
  tell: (progress: ChatProgress) => void,
): Subscription {
  let last: Foresight | undefined;
  const look = (): void => {
    const now = lane.foresight(place);
    if (!now || (last?.position === now.position && last.at === now.at && last.waitingFor === now.waitingFor)) return;
    last = now;
    tell({ state: 'queued', ...placeOf(now, clock), waitingFor: now.waitingFor });
  };
  const telling = new Subscription();
  look();
  telling.add(lane.watch(onceATurn(clock, look, telling)));
  return telling;
}

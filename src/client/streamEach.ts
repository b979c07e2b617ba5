import { defer, mergeMap, Observable, type OperatorFunction, throwError } from 'rxjs';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import type { FlyingPermit } from '../pacing/index.js';
import type { ChatChunk, ChatRequest } from '../request/index.js';
import { admission } from './admission.js';
import { ask } from './ask.js';
import type { ChatStream } from './ChatClient.js';
import { begin, Call, end, failureOfCall } from './call.js';
import { continueOnBreak } from './continueOnBreak.js';
import type { Core } from './core.js';

/** See `ChatClient.streamEach`; `streamOnce` queues a request anew. */
export function streamEach(
  core: Core,
  streamOnce: (request: ChatRequest) => Observable<ChatChunk>,
): OperatorFunction<ChatRequest, ChatStream> {
  return mergeMap(request => turn(core, request, streamOnce));
}

/** One request's turn: emits its response when it is admitted, or has failed in line; then completes. */
function turn(
  core: Core,
  request: ChatRequest,
  streamOnce: (request: ChatRequest) => Observable<ChatChunk>,
): Observable<ChatStream> {
  return new Observable(subscriber => {
    const call = new Call(core, request, false);
    const emit = (chunks: () => Observable<ChatChunk>): void => {
      subscriber.next(Object.assign(defer(chunks), { request }));
    };
    const fail = (error: unknown): void => {
      const failure = failureOfCall(call, error);
      end(core, call, failure);
      emit(() => throwError(() => failure));
      subscriber.complete();
    };
    const offer = (permit: FlyingPermit): void => {
      // Good for one subscription, inside the `next` that hands it out: nobody can hold a place by forgetting.
      let offered = true;
      let taken = false;
      emit(() => {
        // What goes on after a break is a request of its own.
        const asked = (once: ChatRequest): Observable<ChatChunk> => {
          if (!offered || !call.ending) return streamOnce(once); // a signal, or `close()`, may have ended it just now
          offered = false;
          taken = true;
          return ask(core, call, permit) as Observable<ChatChunk>;
        };
        return continueOnBreak(asked, request);
      });
      offered = false;
      if (taken) return;
      permit.release();
      end(core, call, 'cancelled');
    };
    const inLine = operatorSubscriber<FlyingPermit>(subscriber, offer, undefined, fail);
    try {
      begin(core, call, { failed: fail });
    } catch (error) {
      return fail(error);
    }
    subscriber.add(() => {
      if (call.place === 'queued' && call.attempts === 0) end(core, call, 'cancelled');
    });
    admission(core, call).subscribe(inLine);
  });
}

import { catchError, defer, map, type Observable, of } from 'rxjs';
import type { ChatFailure } from '../errors/index.js';
import { toCompletion } from '../operators/toCompletion.js';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../request/index.js';
import { ask } from './ask.js';
import type { ChatResult, ChatTiming } from './ChatClient.js';
import { Call, timingOf } from './call.js';
import { continueOnBreak, continues } from './continueOnBreak.js';
import type { Answer } from './conversation.js';
import type { Core } from './core.js';
import { streams } from './watch.js';

/** See `ChatClient.completeEach`: one request's result, which is one too where it failed. */
export function resultOf(core: Core, request: ChatRequest): Observable<ChatResult> {
  return defer(() => {
    /** More than one where the answer broke off and went on. */
    const calls: Call[] = [];
    const goesOn = continues(request) && streams(core, request);
    const askOnce = (asked: ChatRequest): Observable<Answer> => {
      const call = new Call(core, asked, !goesOn);
      calls.push(call);
      return ask(core, call);
    };
    const completion$ = goesOn
      ? continueOnBreak(askOnce as (asked: ChatRequest) => Observable<ChatChunk>, request).pipe(toCompletion())
      : (askOnce(request) as Observable<ChatCompletion>);
    const given = () => ({ request, model: calls.at(-1)!.model, timing: timingOfAll(core, calls) });
    return completion$.pipe(
      map((completion): ChatResult => ({ ...given(), ok: true, completion })),
      catchError((error: ChatFailure) => of<ChatResult>({ ...given(), ok: false, error })),
    );
  });
}

/** The first began it all, and said the first word; each waited. */
function timingOfAll(core: Core, calls: readonly Call[]): ChatTiming {
  const timings = calls.map(call => timingOf(core, call));
  const sum = (of: 'queuedMs' | 'attempts'): number => timings.reduce((all, timing) => all + timing[of], 0);
  return { ...timings[0]!, queuedMs: sum('queuedMs'), attempts: sum('attempts') };
}

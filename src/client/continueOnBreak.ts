import { catchError, defer, map, Observable } from 'rxjs';
import { contentOf, firstChoice } from '../decode/index.js';
import { type ChatFailure, isChatError } from '../errors/index.js';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import type { ChatChunk, ChatRequest } from '../request/index.js';
import { seamAfter } from './seam.js';

/** Whether a request asks for it; a mistake in it is told when the request is checked. */
export function continues(request: ChatRequest): boolean {
  const most = request?.continueOnBreak;
  return Number.isInteger(most) && most! > 0;
}

/**
 * See `ChatRequest.continueOnBreak`: where the stream breaks, a further request goes on from the text so far, at most so many times.
 * Of a request that does not ask for it, its stream as it is.
 * @param stream one request, which says its text once
 */
export function continueOnBreak(
  stream: (request: ChatRequest) => Observable<ChatChunk>,
  request: ChatRequest,
): Observable<ChatChunk> {
  if (!continues(request)) return stream(request);
  const { continueOnBreak: most, ...once } = request;
  const goOn = (
    text: string,
    received: readonly ChatChunk[],
    left: number,
    broke?: ChatFailure,
  ): Observable<ChatChunk> =>
    defer(() => {
      let said = text;
      let continuable = !(once.n! > 1);
      const messages = text === '' ? once.messages : [...once.messages, { role: 'assistant', content: text }];
      const chunks$ = stream({ ...once, messages });
      return (text === '' ? chunks$ : joined(chunks$, text)).pipe(
        map(chunk => {
          said += contentOf(chunk);
          // Of several answers, or of the call of a tool, there is no beginning that a model could be given.
          if (chunk.choices.some(({ index, delta }) => index > 0 || delta?.tool_calls?.length)) continuable = false;
          return chunk;
        }),
        catchError(error => {
          if (!isChatError(error)) throw error;
          if (!('received' in error)) throw broke ? stillBroken(broke, error) : error;
          const all = [...received, ...error.received];
          Object.defineProperty(error, 'received', { value: all });
          if (left === 0 || !continuable || said === '') throw error;
          return goOn(said, all, left - 1, error);
        }),
      );
    });
  return goOn('', [], most ?? 0);
}

/** Nothing has gone on from the break, which has the text so far. Unless nobody wants it any more. */
function stillBroken(broke: ChatFailure, error: ChatFailure): ChatFailure {
  if (error.kind === 'abort' || error.kind === 'closed') return error;
  broke.message += ` Going on from there failed: ${error.message}`;
  return Object.defineProperty(broke, 'cause', { value: error, configurable: true });
}

/** What goes on from a text, without what it repeats of it; its first piece of text is marked. */
function joined(source: Observable<ChatChunk>, text: string): Observable<ChatChunk> {
  return new Observable(subscriber => {
    const seam = seamAfter(text);
    let marked = false;
    let last: ChatChunk | undefined;
    const withContent = (chunk: ChatChunk, content: string): ChatChunk => {
      const first = !marked && content !== '';
      marked ||= first;
      const choices = chunk.choices.map(choice =>
        choice === firstChoice(chunk)
          ? { ...choice, delta: { ...choice.delta, content }, ...(content === '' && { logprobs: null }) }
          : choice,
      );
      return { ...chunk, choices, ...(first && { rx_seam: { at: text.length, removed: seam.removed } }) };
    };
    const receive = (chunk: ChatChunk): void => {
      last = chunk;
      const content = contentOf(chunk);
      const ends = !!firstChoice(chunk)?.finish_reason;
      const added = (content === '' ? '' : (seam.add(content) ?? '')) + (ends ? seam.end() : '');
      // Held back is the text alone: reasoning or a call may come with it.
      subscriber.next(content + added === '' ? chunk : withContent(chunk, added));
    };
    // Older Ollama says no finish reason.
    const finish = (): void => {
      const rest = seam.end();
      const choices = [{ index: 0, delta: {}, finish_reason: null }];
      if (rest !== '') subscriber.next(withContent({ ...last!, choices }, rest));
      subscriber.complete();
    };
    source.subscribe(operatorSubscriber<ChatChunk>(subscriber, receive, finish));
  });
}

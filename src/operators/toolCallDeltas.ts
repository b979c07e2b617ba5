import { Observable, type OperatorFunction } from 'rxjs';
import type { ChatChunk } from '../answer/index.js';
import { firstChoice, toolCalls } from '../decode/index.js';
import { judgeArguments } from './answerText.js';
import { operatorSubscriber } from './operatorSubscriber.js';

/** A tool call as it grows. */
export interface ToolCallProgress {
  /** Which of the answer's calls; no two have the same. */
  readonly index: number;
  /** '' where the server gives none. */
  readonly id: string;
  readonly name: string;
  /** What this piece adds to the arguments; '' where it brings the name only. */
  readonly argumentsDelta: string;
  /** The arguments so far: JSON text, whole when the stream completes. */
  readonly arguments: string;
}

/**
 * The pieces of tool calls as they come (of the first choice), each with its call as it is so far.
 *
 * ```
 * source              a--b--c--f|       call 0 begins; its arguments '{"x"', ':1}'; finish
 * toolCallDeltas()    a--b--c---|       arguments so far: '', '{"x"', '{"x":1}'
 * ```
 * - Pieces belong together by `index`. Also read are servers that send none, or the same for every call.
 * - Completes with the source, if every call's arguments are whole JSON ('' counts as none) and there was a finish reason that does not say
 *   that they were cut; else fails with an `AnswerInvalidError` (`reason: 'cut'` or `'not_json'`) whose `text` is the arguments.
 *
 * ```ts
 * client.stream(request).pipe(toolCallDeltas()).subscribe(({ index, name, arguments: json }) => show(index, `${name}(${json})`));
 * ```
 * **Gotcha**: a call is there to be run only when the stream has completed.
 * @see toCompletion, partialJson
 */
export function toolCallDeltas(): OperatorFunction<ChatChunk, ToolCallProgress> {
  return source =>
    new Observable(subscriber => {
      const calls = toolCalls();
      let finish: string | null | undefined;
      let model: string | undefined;
      source.subscribe(
        operatorSubscriber<ChatChunk>(
          subscriber,
          chunk => {
            const choice = firstChoice(chunk);
            model = chunk.model || model;
            finish = choice?.finish_reason ?? finish;
            for (const piece of choice?.delta?.tool_calls ?? []) {
              const { index, call } = calls.add(piece);
              const { id, function: called } = call;
              const argumentsDelta = piece.function?.arguments ?? '';
              subscriber.next({ index, id, name: called.name, argumentsDelta, arguments: called.arguments });
            }
          },
          () => {
            for (const call of calls.calls()) judgeArguments(call.function, finish, model);
            subscriber.complete();
          },
        ),
      );
    });
}

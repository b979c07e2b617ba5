import { catchError, concat, defer, EMPTY, finalize, merge, Observable, of, takeUntil, tap } from 'rxjs';
import { completionBuilder } from '../decode/index.js';
import { type ApiError, isChatError } from '../errors/index.js';
import { judgeArguments } from '../operators/answerText.js';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import type { ChatChunk, ChatCompletion, ChatMessage, ChatRequest } from '../request/index.js';
import { Call, failureOfCall } from './call.js';
import { continueOnBreak } from './continueOnBreak.js';
import type { Answer } from './conversation.js';
import type { Core } from './core.js';
import { heedSignal, ignoreSignal } from './heedSignal.js';
import { declareTools, runTool, type ToolResult, toldOf } from './runTool.js';
import type { RunToolsOptions, Tool, ToolEvent } from './Tools.js';
import { streams } from './watch.js';

/**
 * See `ChatClient.runTools`. Each round is a call of its own; between two of them nothing is in the lines, so the conversation as such
 * stands in the books as one more call, without place and model: for the signal, for `close()`, and for what drains.
 */
export function runTools(
  core: Core,
  request: ChatRequest,
  tools: Readonly<Record<string, Tool>>,
  { maxRounds = 10, toolTimeout = 60_000 }: RunToolsOptions,
  ask: (core: Core, call: Call) => Observable<Answer>,
): Observable<ToolEvent> {
  if (!(Number.isInteger(maxRounds) && maxRounds >= 1)) {
    throw new TypeError(`maxRounds: expected an integer of at least 1, got ${String(maxRounds)}`);
  }
  if (!(toolTimeout > 0)) throw new TypeError(`toolTimeout: expected ms above 0, got ${String(toolTimeout)}`);
  const declared = declareTools(tools);

  return defer(() => {
    const conversation = new Call(core, request, false);
    const seats: NonNullable<Call['seats']> = new Map();

    const roundOf = (number: number, messages: readonly ChatMessage[]): Observable<ToolEvent> =>
      defer(() => {
        const asked = {
          ...request,
          messages,
          // OpenAI refuses an empty list.
          ...(declared.length > 0 && { tools: [...(request?.tools ?? []), ...declared] }),
          // Whoever has to call a tool each time would never come to an answer.
          ...(number > 1 && isForced(request.tool_choice) && { tool_choice: 'auto' }),
        };
        const streaming = streams(core, request);
        const askOnce = (asked: ChatRequest): Observable<Answer> => {
          const call = new Call(core, request && asked, !streaming);
          call.seats = seats;
          return ask(core, call);
        };
        const answer$ = streaming
          ? continueOnBreak(askOnce as (asked: ChatRequest) => Observable<ChatChunk>, asked)
          : askOnce(asked);
        const builder = completionBuilder();
        let whole: ChatCompletion | undefined;
        const chunks$ = new Observable<ToolEvent>(subscriber => {
          const receive = (answer: Answer): void => {
            if (answer.object === 'chat.completion') whole = answer;
            else subscriber.next(heard(answer));
          };
          answer$.subscribe(operatorSubscriber<Answer>(subscriber, receive));
        });
        const heard = (chunk: ChatChunk): ToolEvent => {
          builder.add(chunk);
          return { type: 'chunk', round: number, chunk };
        };
        let rejection: ApiError | undefined;
        const heard$ = chunks$.pipe(
          catchError(error => {
            if (!isRejection(error) || number === maxRounds) throw error;
            rejection = error;
            return EMPTY;
          }),
        );
        return concat(
          heard$,
          defer(() =>
            rejection ? askAgain(number, messages, rejection) : goOn(number, messages, whole ?? builder.completion()),
          ),
        );
      });

    const askAgain = (round: number, asked: readonly ChatMessage[], error: ApiError): Observable<ToolEvent> =>
      concat(
        of({ type: 'rejected', round, error } as const),
        defer(() => roundOf(round + 1, [...asked, ...toldOfRejection(error)])),
      );

    const goOn = (round: number, asked: readonly ChatMessage[], completion: ChatCompletion): Observable<ToolEvent> => {
      const { message } = completion.choices[0];
      const calls = message.tool_calls ?? [];
      checkWhole(completion, conversation);
      const messages = [...asked, message as ChatMessage];
      if (calls.length === 0 || round === maxRounds) {
        const outcome = calls.length === 0 ? 'answered' : 'max_rounds';
        return of({ type: 'done', outcome, rounds: round, completion, messages });
      }
      // Some servers name no call (older llama.cpp, Gemini), and none takes a result without a name.
      for (const [index, call] of calls.entries()) call.id ||= `call_${round}_${index}`;
      const results: ChatMessage[] = [];
      const keep = (index: number, result: ToolResult): void => {
        results[index] = { role: 'tool', tool_call_id: result.id, content: toldOf(result) };
      };
      const runs = calls.map((call, index) =>
        runTool(tools, call, round, toolTimeout, core.clock).pipe(
          tap(event => event.type === 'result' && keep(index, event)),
        ),
      );
      return concat(
        merge(...runs).pipe(takeUntil(interruption(conversation))),
        defer(() => roundOf(round + 1, [...messages, ...results])),
      );
    };

    core.active.add(conversation);
    return roundOf(1, request?.messages).pipe(
      finalize(() => {
        core.active.delete(conversation);
        core.ended();
      }),
    );
  });
}

/** Errors when the request's signal, or `close()`, ends a conversation while its tools run. */
function interruption(conversation: Call): Observable<never> {
  return new Observable(subscriber => {
    conversation.ending = { failed: error => subscriber.error(failureOfCall(conversation, error)) };
    subscriber.add(() => {
      conversation.ending = undefined;
      ignoreSignal(conversation);
    });
    heedSignal(conversation);
  });
}

/** Groq reads calls out of the model's text by itself, and where it can't the request fails, with status 400 or inside the stream. */
function isRejection(error: unknown): error is ApiError {
  return isChatError(error) && error.kind === 'api' && error.code === 'tool_use_failed';
}

/** There is no call that could be answered: what the model wrote, and what is wrong with it. */
function toldOfRejection({ body }: ApiError): ChatMessage[] {
  const { message, failed_generation: text } = (body ?? {}) as { message?: unknown; failed_generation?: unknown };
  const wrote: ChatMessage[] = typeof text === 'string' && text !== '' ? [{ role: 'assistant', content: text }] : [];
  const content = `Error: ${String(message)} Call a tool as its schema says, or answer without one.`;
  return [...wrote, { role: 'user', content }];
}

function isForced(choice: ChatRequest['tool_choice']): boolean {
  return choice === 'required' || typeof choice === 'object';
}

/**
 * Arguments that end early are nobody's mistake to mend; such as are no JSON, the model is told. An answer that has come to its end without
 * a finish reason is whole (older Ollama's). @throws AnswerInvalidError
 */
function checkWhole({ choices: [{ message, finish_reason }], model }: ChatCompletion, conversation: Call): void {
  for (const call of message.tool_calls ?? []) {
    try {
      call.function.arguments ??= '';
      judgeArguments(call.function, finish_reason ?? '', model);
    } catch (error) {
      if (!isChatError(error) || error.kind !== 'answer_invalid' || error.reason === 'cut') {
        throw failureOfCall(conversation, error);
      }
    }
  }
}

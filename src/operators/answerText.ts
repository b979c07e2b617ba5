import type { ChatChunk, ChatCompletion } from '../answer/index.js';
import { firstChoice, jsonReader, textIn } from '../decode/index.js';
import { AnswerInvalidError } from '../errors/index.js';

/** Finish reasons that say that the text is not all: of the API, of a filter, of Mistral and others. */
const cutting: ReadonlySet<string> = new Set(['length', 'max_tokens', 'model_length', 'content_filter', 'error']);

/** Where an answer ends. */
export interface Ending {
  /** null or undefined: none came. */
  readonly finish: string | null | undefined;
  readonly model?: string | undefined;
}

/** Older Ollama says '' for an answer that is whole, and a server that answers in one piece may say nothing. */
export function finishOf(answer: ChatChunk | ChatCompletion): string | null | undefined {
  return answer.object === 'chat.completion'
    ? (answer.choices[0]?.finish_reason ?? '')
    : firstChoice(answer)?.finish_reason;
}

/**
 * The JSON text of an answer's first choice: its content; or, where it has none and calls one tool, that call's arguments.
 * @throws AnswerInvalidError unless it is all there
 */
export function jsonTextOf(completion: ChatCompletion, finish: string | null | undefined): string {
  const { model } = completion;
  const message = completion.choices[0]?.message;
  const content = textIn(message?.content);
  const [call, ...more] = message?.tool_calls ?? [];
  // A tool without parameters may be called with ''.
  const text = content === '' && call?.function && more.length === 0 ? call.function.arguments || '{}' : content;
  if (text === '' && message?.refusal) {
    throw invalid('refused', 'the model refuses; error.text is what it says', message.refusal, { finish, model });
  }
  checkEnding(text, { finish, model });
  if (text.trim() === '') throw invalid('empty', emptiness(more.length > 0), text, { finish, model });
  return text;
}

/** @throws AnswerInvalidError unless the arguments of a tool call are whole */
export function judgeArguments(
  called: { readonly name: string; readonly arguments: string },
  finish: string | null | undefined,
  model: string | undefined,
): void {
  checkEnding(called.arguments, { finish, model });
  if (called.arguments.trim() !== '') parseText(called.arguments, { finish, model }, `the arguments of ${called.name}`);
}

/**
 * `JSON.parse`, with a typed error.
 * @throws AnswerInvalidError, which tells a text that ends early from one that is no JSON
 */
export function parseText(text: string, ending: Ending, what = 'the answer'): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const reader = jsonReader();
    reader.feed(text);
    throw mistakeIn(reader.wrongAt(), text, ending, what);
  }
}

/** @param wrongAt where a character can't stand; undefined: the text ends early */
export function mistakeIn(
  wrongAt: number | undefined,
  text: string,
  ending: Ending,
  what = 'the answer',
): AnswerInvalidError {
  if (wrongAt === undefined) return invalid('cut', `${what} ends in the middle of its JSON. ${longer}`, text, ending);
  const where = `${what} is no JSON: the character at ${wrongAt} can't stand there`;
  return invalid('not_json', `${where}. Ask for JSON (jsonFormat(schema)); error.text is what came.`, text, ending);
}

export function invalid(
  reason: NonNullable<AnswerInvalidError['reason']>,
  message: string,
  text: string,
  { finish, model }: Ending,
  issues?: AnswerInvalidError['issues'],
): AnswerInvalidError {
  return new AnswerInvalidError(model ? `${model}: ${message}` : message, {
    reason,
    text,
    model,
    issues,
    finishReason: finish,
  });
}

const longer = 'Raise max_completion_tokens, or ask for less; error.text is what came.';

/** @throws AnswerInvalidError where the answer was cut or left before its end */
export function checkEnding(text: string, ending: Ending): void {
  const { finish } = ending;
  if (finish === null || finish === undefined) {
    throw invalid('cut', 'the answer was left before its end; error.text is what came.', text, ending);
  }
  if (cutting.has(finish))
    throw invalid('cut', `the answer was cut (finish_reason ${finish}). ${longer}`, text, ending);
}

function emptiness(manyCalls: boolean): string {
  return manyCalls
    ? 'the answer has no text, and calls several tools: take toCompletion() and read its tool_calls.'
    : 'the answer is empty. Ask for JSON (jsonFormat(schema)), and leave room for it beside the reasoning.';
}

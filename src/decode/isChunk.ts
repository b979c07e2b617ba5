import type { ChatChunk } from '../answer/index.js';

/** More choices than anybody asks for; a list that is filled at an index beyond would be mostly holes. */
const mostChoices = 10_000;

export type Loose = Readonly<Record<string, unknown>>;

/**
 * Whether it can be read as a chunk: what we look at has the type that the API gives it, or is missing. By hand, as each chunk comes by here.
 * Whatever passed unread would be an answer with a hole in it.
 * @param begun pieces have come before it
 */
export function isChunk(data: unknown, begun = false): data is ChatChunk {
  const choices = (data as Loose | null)?.choices;
  return Array.isArray(choices) && choices.every(choice => isChoice(choice, begun));
}

function isChoice(choice: unknown, begun: boolean): boolean {
  if (!isObject(choice)) return false;
  const { index = 0, finish_reason, logprobs } = choice;
  const delta = choice.delta ?? {};
  const { content, refusal } = (logprobs ?? {}) as Loose;
  return (
    Number.isInteger(index) &&
    (index as number) >= 0 &&
    (index as number) < mostChoices &&
    isText(finish_reason) &&
    isObject(delta) &&
    // A whole message in place of pieces: its text would be lost. MiniMax ends with one, which says once more what has come.
    (choice.delta != null || choice.message == null || (begun && !!finish_reason)) &&
    (isText(delta.content) || Array.isArray(delta.content)) &&
    isText(delta.reasoning) &&
    isText(delta.reasoning_content) &&
    isListOf(delta.tool_calls, isPiece) &&
    isListOf(content) &&
    isListOf(refusal)
  );
}

/** Of a tool call. */
function isPiece(piece: unknown): boolean {
  if (!isObject(piece)) return false;
  const { name, arguments: json } = (piece.function ?? {}) as Loose;
  return isText(piece.id) && isText(name) && isText(json);
}

export function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof (value ?? '') === 'string';
}

function isListOf(value: unknown, isItem = (_: unknown) => true): boolean {
  return (value ?? undefined) === undefined || (Array.isArray(value) && value.every(isItem));
}

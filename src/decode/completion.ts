import type {
  ChatAnswer,
  ChatChoice,
  ChatChunk,
  ChatChunkChoice,
  ChatCompletion,
  ChatDelta,
  ChatLogprobs,
  Usage,
} from '../answer/index.js';
import { isObject, type Loose } from './isChunk.js';
import { type ToolCalls, toolCalls } from './toolCalls.js';

/** The text that a chunk adds to the first choice; '' if it adds none. */
export function contentOf(chunk: ChatChunk): string {
  return textIn(firstChoice(chunk)?.delta?.content);
}

/** The reasoning that a chunk adds to the first choice, under whichever name; '' if it adds none. */
export function reasoningOf(chunk: ChatChunk): string {
  const delta = firstChoice(chunk)?.delta;
  if (!delta) return '';
  // A server that says it under both names says the same twice.
  return delta.reasoning || delta.reasoning_content || thoughtIn(delta.content);
}

/** Characters of all that a chunk adds and that is charged as output: text, reasoning and arguments of every choice. */
export function lengthOf(chunk: ChatChunk): number {
  let length = 0;
  for (const { delta } of chunk.choices) {
    if (!delta) continue;
    const { content, tool_calls } = delta;
    length += textIn(content).length + (delta.refusal?.length ?? 0) + (delta.function_call?.arguments?.length ?? 0);
    length += (delta.reasoning || delta.reasoning_content || thoughtIn(content)).length;
    if (tool_calls) for (const piece of tool_calls) length += piece.function?.arguments?.length ?? 0;
  }
  return length;
}

/** The choice that the text operators follow. */
export function firstChoice(chunk: ChatChunk): ChatChunkChoice | undefined {
  for (const choice of chunk.choices) if ((choice.index ?? 0) === 0) return choice;
  return undefined;
}

/** A content as text: Mistral gives it as an array of parts when it reasons. */
export function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map(part => (part?.type === 'text' && typeof part.text === 'string' ? part.text : '')).join('');
}

/** What Mistral's parts hold beside the text: `{ type: 'thinking', thinking: [{ type: 'text', text }] }`. */
function thoughtIn(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content.map(part => (part?.type === 'thinking' ? textIn(part.thinking) : '')).join('');
}

/** Usage wherever the server says it: at top level, in `x_groq`, in a chunk without choices. */
export function usageOf(chunk: ChatChunk): Usage | undefined {
  return usageIn(chunk.usage) ?? usageIn(chunk.x_groq?.usage);
}

/** It, if it counts tokens; what can't be added up is no usage. */
export function usageIn(said: Usage | null | undefined): Usage | undefined {
  if (!said) return undefined;
  return isCount(said.prompt_tokens) && isCount(said.completion_tokens) ? said : undefined;
}

function isCount(tokens: unknown): boolean {
  return typeof tokens === 'number' && tokens >= 0 && tokens < 2 ** 53;
}

/** Puts an answer together, chunk by chunk. */
export interface CompletionBuilder {
  add(chunk: ChatChunk): void;
  /** False until a chunk has come. */
  begun(): boolean;
  /** The answer so far, as the API gives it when it does not stream. */
  completion(): ChatCompletion;
}

interface OpenChoice {
  finish: string | null;
  message: Record<string, unknown> & { role: string; content: string | null };
  tools: ToolCalls;
  logprobs: ChatLogprobs | null;
  /** What servers say beside that. */
  more: Record<string, unknown>;
}

export function completionBuilder(): CompletionBuilder {
  let first: ChatChunk | undefined;
  let usage: Usage | undefined;
  const top: Record<string, unknown> = { __proto__: null };
  const xGroq: Record<string, unknown> = {};
  const choices: OpenChoice[] = [];
  return {
    begun: () => first !== undefined,
    add(chunk) {
      if (!first || (!first.id && chunk.id)) first = chunk; // Azure begins with a chunk that has no id and no model
      usage = usageOf(chunk) ?? usage;
      for (const name in chunk) if (!assembled.has(name)) top[name] = chunk[name as never] ?? top[name] ?? null;
      for (const name in chunk.x_groq) {
        // A stream has these two in x_groq, an answer in one piece at top level.
        if (name === 'usage_breakdown') top[name] = chunk.x_groq[name];
        else if (name !== 'usage') xGroq[name] = (chunk.x_groq as never)[name];
      }
      for (const piece of chunk.choices) {
        const { index = 0, delta, finish_reason, logprobs } = piece;
        choices[index] ??= {
          finish: null,
          // Without a prototype: a server may name a field as one of its properties.
          message: { __proto__: null as never, role: 'assistant', content: null },
          tools: toolCalls(),
          logprobs: null,
          more: { __proto__: null },
        };
        const choice = choices[index]!;
        if (delta) addDelta(choice, delta);
        if (logprobs) addLogprobs(choice, logprobs);
        if (finish_reason) choice.finish = finish_reason;
        for (const name in piece) if (!assembled.has(name)) addMore(choice.more, name, (piece as never)[name]);
      }
    },
    completion() {
      return {
        id: first?.id ?? '',
        object: 'chat.completion',
        created: first?.created ?? 0,
        model: first?.model ?? '',
        choices: choices.map(closeChoice).flat(0) as unknown as ChatCompletion['choices'], // without the holes of those that never came
        ...(usage && { usage }),
        ...top,
        ...(Object.keys(xGroq).length > 0 && { x_groq: xGroq as NonNullable<ChatCompletion['x_groq']> }),
      };
    },
  };
}

/** Fields of a chunk, and of its choices, that are put together; all others are taken over as they come, the last of each that is not null. */
const assembled = new Set(
  'id object created model choices usage x_groq obfuscation index delta finish_reason logprobs'.split(' '),
);

/** A list goes on (vLLM's `token_ids`); of all else the last that is said, which null is not: OpenRouter has it after the end. */
function addMore(more: Record<string, unknown>, name: string, value: unknown): void {
  more[name] = Array.isArray(value) ? grown(more[name], value) : (value ?? more[name] ?? null);
}

function addDelta({ message, tools }: OpenChoice, delta: ChatDelta): void {
  for (const name in delta) {
    const value: unknown = delta[name as keyof ChatDelta];
    if (name === 'tool_calls') {
      for (const piece of delta.tool_calls ?? []) tools.add(piece);
    } else if (name === 'content') {
      const text = textIn(value);
      if (text !== '' || typeof value === 'string') message.content = (message.content ?? '') + text;
      const thought = thoughtIn(value);
      if (thought !== '') message.reasoning = grown(message.reasoning, thought);
    } else if (name === 'function_call' && value) {
      message.function_call ??= { name: '', arguments: '' };
      const call = message.function_call as Record<string, string>;
      for (const part in call) call[part] += value[part as never] ?? '';
    } else if (name === 'role') {
      if (typeof value === 'string') message.role = value;
    } else if (name === 'channel') {
      // says only how the deltas of one chunk are to be read
    } else if (value !== undefined) {
      message[name] = grown(message[name], value); // reasoning, refusal, and what nobody knows
    }
  }
}

/**
 * Texts, lists and objects grow; of all else, and where the kind changes, the first stays. An item with the index and the type of one
 * before, and no other id, tells of that one again: Groq of each executed tool as it begins and as it ends, OpenRouter piece by piece of what
 * was thought.
 */
function grown(before: unknown, more: unknown): unknown {
  if (typeof before === 'string' && typeof more === 'string') return before + more;
  if (Array.isArray(more) && Array.isArray(before ?? more)) {
    const all = (before ?? []) as (Loose | null)[]; // ours: the chunk's own is not touched
    for (const item of more as typeof all) {
      const { index, type, id } = item ?? {};
      // LiteLLM gives every picture the index 0.
      const isNew = (index ?? undefined) === undefined || type === 'image_url';
      const at = isNew
        ? -1
        : all.findIndex(one => one?.index === index && one?.type === type && (!id || !one?.id || one.id === id));
      if (at < 0) all.push(item);
      else all[at] = toldAgain(all[at]!, item!);
    }
    return all;
  }
  return isObject(before) && isObject(more) ? toldAgain(before, more) : (before ?? more);
}

/** What comes in pieces grows (openai's audio, too); all else is the last that is said. */
function toldAgain(before: Loose, more: Loose): Loose {
  const all: Record<string, unknown> = { ...before };
  for (const name in more) {
    const value = more[name];
    const isPiece = typeof value === 'string' && /^(data|text|transcript|summary)$/.test(name);
    all[name] = isPiece ? grown(all[name], value) : (value ?? all[name] ?? null);
  }
  return all;
}

function addLogprobs(choice: OpenChoice, { content, refusal }: ChatLogprobs): void {
  choice.logprobs ??= { content: null, refusal: null };
  const all = choice.logprobs;
  all.content = grown(all.content, content ?? null) as ChatLogprobs['content'];
  all.refusal = grown(all.refusal, refusal ?? null) as ChatLogprobs['refusal'];
}

function closeChoice({ finish, message, tools, logprobs, more }: OpenChoice, index: number): ChatChoice {
  const calls = tools.calls();
  // A call of tools comes with content null, also where the stream began with an empty text.
  const content = calls.length > 0 && message.content === '' ? null : message.content;
  const answer = { ...message, content, ...(calls.length > 0 && { tool_calls: calls }) };
  return {
    ...more,
    index,
    message: answer as unknown as ChatAnswer,
    logprobs,
    finish_reason: finish as ChatChoice['finish_reason'],
  };
}

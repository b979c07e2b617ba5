import type { ChatContentPart, ChatMessage } from '../request/index.js';
import { type Family, familyOf } from './families.js';
import type { Countable } from './TokenCounter.js';
import type { TextCounter } from './textCounter.js';
import type { Encoding } from './vocabularies.js';

/** A prompt taken apart: texts to count, and what is known without counting. */
export interface PromptParts {
  readonly encoding: Encoding;
  /** Tokens of the template, of images and the like. */
  readonly fixed: number;
  readonly texts: readonly string[];
}

/** Tokens of an image of any size, as Groq's vision models take them; a bound for a sound or a file. */
const mediaTokens = 2048;
/** Tokens around a name and around a tool call, in the longest of the templates. */
const nameTokens = 1;
const callTokens = 8;

/**
 * Takes a request's prompt apart. Texts, names and refusals count as they are; a tool call as the JSON of its function; a
 * document as its JSON; tools and a response format as twice their JSON, which covers the forms in which servers write
 * them out; an image as 2048 tokens; a part of any other type as 2048 and its JSON, without the data in it. Reasoning
 * counts with tool calls only: templates drop that of finished turns.
 */
export function promptParts(request: Countable): PromptParts {
  const { model, messages, tools, functions, documents, response_format: format } = request;
  const family = familyOf(model);
  const texts: string[] = [];
  let fixed = family.base;

  const addPart = (part: ChatContentPart): void => {
    if (part.type === 'text' || part.type === 'refusal') texts.push(part.text ?? part.refusal ?? '');
    else if (part.type === 'document') texts.push(JSON.stringify(part));
    else {
      fixed += mediaTokens;
      if (part.type !== 'image_url') texts.push(JSON.stringify(part, withoutData));
    }
  };
  const addMessage = (message: ChatMessage, index: number): void => {
    fixed += tokensAround(message.role, index, family);
    if (typeof message.content === 'string') texts.push(message.content);
    else message.content?.forEach(addPart);
    if (message.refusal) texts.push(message.refusal);
    if (message.name) {
      fixed += nameTokens;
      texts.push(message.name);
    }
    const calls = [...(message.tool_calls ?? []), ...(message.function_call ? [message.function_call] : [])];
    for (const call of calls) {
      fixed += callTokens;
      texts.push(JSON.stringify(('function' in call && call.function) || call));
    }
    if (message.reasoning && calls.length > 0) texts.push(message.reasoning);
  };
  const addTwice = (value: object): void => {
    const json = JSON.stringify(value);
    texts.push(json, json);
  };

  messages.forEach(addMessage);
  for (const document of documents ?? []) texts.push(JSON.stringify(document));
  for (const list of [tools, functions]) {
    if (!list?.length) continue;
    fixed += family.tools ?? 0;
    addTwice(list);
  }
  if (format && format.type !== 'text') addTwice(format);
  return { encoding: family.encoding, fixed, texts };
}

/** The tokens of a prompt, given those of a text. */
export function promptTokens(request: Countable, tokensOf: TextCounter): number {
  const { fixed, texts } = promptParts(request);
  return texts.reduce((total, text) => total + tokensOf(text), fixed);
}

function tokensAround(role: string, index: number, family: Family): number {
  const { message, system = message, assistant = message, tool = message } = family;
  if (role === 'assistant') return assistant;
  if (role === 'tool' || role === 'function') return tool;
  return index === 0 && role !== 'user' ? system : message;
}

/** For `JSON.stringify`: drops `data:` URLs and base64, which no tokenizer sees as text. Of megabytes, the beginning tells. */
function withoutData(_key: string, value: unknown): unknown {
  return typeof value === 'string' && /^data:|^[\w+/=-]{256,}$/.test(value.slice(0, 65_536)) ? '' : value;
}

import type { ChatBody, ChatMessage } from './chatBody.js';
import type { TemplateTokens } from './models.js';

/**
 * The simulator's tokenizer: words, with the space or sign before them; numbers by three digits; signs; white space.
 *
 * These are the pieces into which o200k (and nearly so cl100k) cuts a text before it looks at its vocabulary, longer runs
 * cut at the longest token that it has. So it never counts more than o200k does, about 5 to 15 % less for English
 * prose, far less for Chinese: a client that estimates with a real vocabulary is never refused for an estimate too low.
 */
const PIECE =
  /[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]{1,28}(?:'(?:s|t|re|ve|m|ll|d))?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]{1,127}[\r\n/]{0,128}|\s{0,100}[\r\n]{1,28}|\s{1,128}(?!\S)|\s{1,128}/giu;

/** A picture, whatever its size; reports say 1300 to 2048. */
const IMAGE_TOKENS = 1300;

const DEFAULT_TEMPLATE: TemplateTokens = { request: 3, message: 4 };

export function splitTokens(text: string): string[] {
  return text.match(PIECE) ?? [];
}

/** Tokens of the whole prompt: template, messages, and the JSON of tools and of a schema. */
export function promptTokens(body: ChatBody, template: TemplateTokens = DEFAULT_TEMPLATE, ratio = 1): number {
  const text = body.messages.reduce((sum, message) => sum + messageTokens(message), 0);
  const extras = jsonTokens(body.tools) + jsonTokens(body.response_format?.json_schema?.schema);
  return template.request + template.message * body.messages.length + Math.floor((text + extras) * ratio);
}

function messageTokens({ content, tool_calls }: ChatMessage): number {
  if (typeof content === 'string') return splitTokens(content).length + jsonTokens(tool_calls);
  const parts = (content ?? []).map(part => {
    if (part.type === 'image_url') return IMAGE_TOKENS;
    return part.type === 'text' ? splitTokens(part.text ?? '').length : jsonTokens(part);
  });
  return parts.reduce((sum, tokens) => sum + tokens, 0) + jsonTokens(tool_calls);
}

function jsonTokens(value: unknown): number {
  return value === undefined || value === null ? 0 : splitTokens(JSON.stringify(value)).length;
}

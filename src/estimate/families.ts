import type { Encoding } from './vocabularies.js';

/** How the models of one family make a prompt of messages: its tokens beside those of the texts. */
export interface Family {
  readonly models: RegExp;
  readonly encoding: Encoding;
  /** Once a prompt: what begins it, a default system text, and what opens the answer. */
  readonly base: number;
  /** Around each message. */
  readonly message: number;
  /** Instead of `message`, around a system or developer message in the first place. */
  readonly system?: number;
  /** Instead of `message`, around an answer of an earlier turn. */
  readonly assistant?: number;
  /** Instead of `message`, around a tool's result. */
  readonly tool?: number;
  /** Once a prompt that has tools: how to call them. */
  readonly tools?: number;
}

/**
 * The first that matches the model's name counts. Measured with the public templates and recorded on Groq (2026-11);
 * where a template is not known the figure is one that the known ones do not exceed.
 */
export const families: readonly Family[] = [
  // Harmony, with the system text that Groq makes: recorded 'hello' = 72. A system prompt becomes a developer message.
  {
    models: /gpt-oss/i,
    encoding: 'o200k_base',
    base: 67,
    message: 4,
    system: 8,
    assistant: 6,
    tool: 14,
  },
  // Llama 3.1 to 3.3 begin with a dated system header, there in any case; a system prompt is put into it. Recorded 'hi' = 36.
  { models: /llama-?v?3[.p][1-9]/i, encoding: 'llama3', base: 30, message: 5, system: 0, tool: 6, tools: 60 },
  { models: /llama-?v?3(?!\d)/i, encoding: 'llama3', base: 5, message: 5, tool: 6, tools: 60 },
  // ChatML; 3 open the answer, 4 more are an empty think block.
  { models: /qwen|qwq/i, encoding: 'qwen', base: 7, message: 5, tool: 15, tools: 80 },
  // As OpenAI's cookbook counts ("How to count tokens with tiktoken").
  { models: /^(openai\/)?gpt-(3\.5|4(?![.o\d]))/i, encoding: 'cl100k_base', base: 3, message: 3 },
  { models: /^(openai\/)?(gpt-|chatgpt-|o\d)/i, encoding: 'o200k_base', base: 3, message: 3 },
  // Most vocabularies of open models are of its size: against o200k's they have a fifth more tokens in German or Spanish.
  { models: /(?:)/, encoding: 'llama3', base: 5, message: 5, tool: 15, tools: 80 },
];

export function familyOf(model: string): Family {
  return families.find(family => family.models.test(model))!;
}

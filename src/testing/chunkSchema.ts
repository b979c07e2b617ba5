import { z } from 'zod';
import type { StandardSchema } from '../operators/standardSchema.js';
import type { ChatChunk } from '../request/index.js';

/*
 * A streamed chunk as the API describes it (https://console.groq.com/docs/api-reference#chat-create), all fields that it names. Others pass:
 * every server has some.
 */

const count = z.int().nonnegative();
const text = z.string().nullish();

const usage = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.looseObject({ cached_tokens: count.nullish() }).nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count.nullish() }).nullish(),
  queue_time: z.number().nullish(),
  prompt_time: z.number().nullish(),
  completion_time: z.number().nullish(),
  total_time: z.number().nullish(),
});

const tokenLogprob = z.looseObject({
  token: z.string(),
  bytes: z.array(z.int().min(0).max(255)).nullish(),
  logprob: z.number(),
});
const tokens = z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob) })).nullish();
const logprobs = z.looseObject({ content: tokens, refusal: tokens });

const called = z.looseObject({ name: z.string().optional(), arguments: z.string().optional() }).optional();
const toolCall = z.looseObject({
  index: count,
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: called,
});

const delta = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']).optional(),
  content: text,
  reasoning: text,
  channel: text,
  refusal: text,
  tool_calls: z.array(toolCall).optional(),
  function_call: called,
  executed_tools: z.array(z.looseObject({ index: count, type: z.string(), arguments: z.string() })).optional(),
});

const choice = z.looseObject({
  index: count,
  delta,
  finish_reason: z.enum(['stop', 'length', 'tool_calls', 'function_call', 'content_filter']).nullable(),
  logprobs: logprobs.nullish(),
});

const chunk = z.looseObject({
  id: z.string().min(1),
  object: z.literal('chat.completion.chunk'),
  created: count,
  model: z.string().min(1),
  choices: z.array(choice),
  usage: usage.nullish(),
  system_fingerprint: text,
  service_tier: text,
  x_groq: z.looseObject({ id: text, seed: z.int().nullish(), usage: usage.nullish(), error: text }).nullish(),
});

/** A chunk as the API describes it, for the client's option `strict`. */
export const chunkSchema: StandardSchema<unknown, ChatChunk> = chunk as unknown as StandardSchema<unknown, ChatChunk>;

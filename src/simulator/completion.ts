import type { Answer } from './answers.js';
import type { ChatBody } from './chatBody.js';

/** Token counts and times of one answer, in seconds, as Groq reports them. */
export interface Usage {
  readonly queue_time: number;
  readonly prompt_tokens: number;
  readonly prompt_time: number;
  readonly completion_tokens: number;
  readonly completion_time: number;
  readonly total_tokens: number;
  readonly total_time: number;
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

/** What is the same in every part of one answer. */
export interface Meta {
  readonly id: string;
  readonly requestId: string;
  /** seconds since 1970 */
  readonly created: number;
  readonly body: ChatBody;
  readonly usage: Usage;
}

/** One server-sent event, and how many tokens of the answer it brings. */
export interface Frame {
  readonly text: string;
  readonly tokens: number;
  /** The one with finish_reason, and what follows it. */
  readonly last: boolean;
}

const FINGERPRINT = 'fp_simulated';

/** @param sizes the next chunk's number of tokens */
export function* streamFrames(answer: Answer, meta: Meta, sizes: () => number): Generator<Frame> {
  const { body, requestId, usage } = meta;
  const mark = { id: requestId, ...(typeof body.seed === 'number' && { seed: body.seed }) };
  const role = { role: 'assistant', content: answer.toolCalls.length === 0 ? '' : null };
  yield frame(chunk(meta, role, null, { x_groq: mark }), 0);

  for (const [pieces, deltaOf] of [
    [answer.reasoning, (text: string) => ({ reasoning: text, channel: 'analysis' })],
    [answer.content, (text: string) => ({ content: text })],
  ] as const) {
    for (let start = 0; start < pieces.length; ) {
      const some = pieces.slice(start, start + sizes());
      start += some.length;
      yield frame(chunk(meta, deltaOf(some.join('')), null), some.length);
    }
  }
  for (const [index, call] of answer.toolCalls.entries()) {
    const tokens = index === 0 ? answer.tokens : 0; // Groq sends them all at the end, each in one piece
    yield frame(chunk(meta, { tool_calls: [{ index, ...toolCall(call) }] }, null), tokens);
  }
  yield { ...frame(chunk(meta, {}, answer.finish, { x_groq: { id: requestId, usage }, usage }), 0), last: true };
  if (body.stream_options?.include_usage === true) {
    const last = { ...head(meta, 'chat.completion.chunk'), choices: [], usage, service_tier: tierOf(body) };
    yield { ...frame(last, 0), last: true };
  }
}

/** The answer in one piece. */
export function completion(answer: Answer, meta: Meta): object {
  const message = {
    role: 'assistant',
    content: answer.toolCalls.length === 0 ? answer.content.join('') : null,
    ...(answer.reasoning.length > 0 && { reasoning: answer.reasoning.join('') }),
    ...(answer.toolCalls.length > 0 && { tool_calls: answer.toolCalls.map(toolCall) }),
  };
  const { body, requestId, usage } = meta;
  return {
    ...head(meta, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finish }],
    usage,
    usage_breakdown: null,
    x_groq: { id: requestId, ...(typeof body.seed === 'number' && { seed: body.seed }) },
    service_tier: tierOf(body),
  };
}

/** As recorded in 2026: an answer in one piece says it, a stream only in the chunk that `include_usage` asks for. */
function tierOf(body: ChatBody): string {
  return body.service_tier ?? 'on_demand';
}

function chunk(meta: Meta, delta: object, finish_reason: string | null, more: object = {}): object {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
  return { ...head(meta, 'chat.completion.chunk'), choices, ...more };
}

function head({ id, created, body }: Meta, object: string): object {
  return { id, object, created, model: body.model, system_fingerprint: FINGERPRINT };
}

function toolCall({ id, name, arguments: json }: Answer['toolCalls'][number]): object {
  return { id, type: 'function', function: { name, arguments: json } };
}

function frame(data: object, tokens: number): Frame {
  return { text: `data: ${JSON.stringify(data)}\n\n`, tokens, last: false };
}

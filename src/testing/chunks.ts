import type { ChatChunk, FinishReason, Usage } from '../request/index.js';

/** A chunk that adds `content` to the answer; `''` is what servers begin with. */
export function delta(content: string): ChatChunk {
  return chunk({ content }, null);
}

/** The chunk that ends an answer, with its usage if the server is to report one. */
export function finish(usage?: Partial<Usage>, reason: FinishReason = 'stop'): ChatChunk {
  return { ...chunk({}, reason), ...(usage && { usage: usageOf(usage) }) };
}

function chunk(delta: ChatChunk['choices'][number]['delta'], finish_reason: FinishReason | null): ChatChunk {
  return {
    id: 'chatcmpl-fake',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'fake',
    choices: [{ index: 0, delta, finish_reason, logprobs: null }],
  };
}

function usageOf({ prompt_tokens = 0, completion_tokens = 0, ...rest }: Partial<Usage>): Usage {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, ...rest };
}

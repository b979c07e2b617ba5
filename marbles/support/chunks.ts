import type { ChatChunk } from 'rx-groq';

/** One chunk of an answer, with a piece of its text. */
export function chunk(content: string | undefined): ChatChunk {
  const delta = content === undefined ? {} : { content };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: content === undefined ? 'stop' : null }],
  } as ChatChunk;
}

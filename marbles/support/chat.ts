import {
  type ChatClient,
  type ChatClientOptions,
  type ChatRequest,
  createChatClient,
  type ModelConfig,
  type ResponseHead,
  type Transport,
} from 'rx-groq';
import type { Observable } from 'rxjs';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const event = (choice: object, more: object = {}): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'm',
    choices: [{ index: 0, ...choice }],
    ...more,
  })}\n\n`;

/** The head of a response. */
export function head(status: number, headers: Record<string, string> = {}): ResponseHead {
  const type = status < 400 ? 'text/event-stream' : 'application/json';
  return { status, headers: { 'content-type': type, ...headers } };
}

/** The end of an answer that took so many tokens. */
export function end(prompt_tokens: number, completion_tokens: number): Uint8Array {
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
  return bytes(`${event({ delta: {}, finish_reason: 'stop' }, { usage })}data: [DONE]\n\n`);
}

/** What stands in the diagram of an answer: `h` the response's head, `A` … `Z` a piece of text, `.` its end. */
export const answer: Record<string, ResponseHead | Uint8Array> = {
  h: head(200),
  '.': bytes(`${event({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`),
  ...Object.fromEntries(
    [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map(piece => [
      piece,
      bytes(event({ delta: { content: piece }, finish_reason: null })),
    ]),
  ),
};

/** A request whose prompt is the letter that stands for it in the diagrams. */
export function ask(prompt: string, more: Partial<ChatRequest> = {}): ChatRequest {
  return { model: 'm', messages: [{ role: 'user', content: prompt }], ...more };
}

/** A client of the one model `m`, in front of a server that answers each prompt with its diagram. */
export function clientOf(
  model: ModelConfig,
  answers: Record<string, Observable<ResponseHead | Uint8Array>>,
  options: ChatClientOptions = {},
): ChatClient {
  return createChatClient(config(model), { transport: transportOf(answers), tokenCounter: () => 10, ...options });
}

/** A configuration of the one model `m`. */
export function config(model: ModelConfig): Record<string, ModelConfig> {
  return { m: { base_url: 'http://server.test/v1', ...model } };
}

function transportOf(answers: Record<string, Observable<ResponseHead | Uint8Array>>): Transport {
  return ({ body }) => {
    const prompt: string = JSON.parse(body!).messages[0].content;
    const answered = answers[prompt];
    if (!answered) throw new Error(`No answer was drawn for "${prompt}".`);
    return answered;
  };
}

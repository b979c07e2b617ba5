import {
  type ChatClient,
  type ChatClientOptions,
  type ChatRequest,
  createChatClient,
  type ModelConfig,
  type ResponseHead,
} from 'rx-groq';
import { defer, type Observable } from 'rxjs';
import { ask } from './chat.js';

type Response = Observable<ResponseHead | Uint8Array>;

/**
 * A client of several models. `answers` says what each answers: one diagram for all its requests, or one for each that comes, in order.
 * Failures are not tried again, and what is sent counts as of then, unless `options` says otherwise.
 */
export function clientOfModels(
  models: Record<string, ModelConfig>,
  answers: Record<string, Response | Response[]>,
  options: ChatClientOptions = {},
): ChatClient {
  const left = new Map(Object.entries(answers).map(([model, each]) => [model, Array.isArray(each) ? [...each] : each]));
  const config = Object.entries(models).map(([name, model]) => [name, { base_url: 'http://server.test/v1', ...model }]);
  return createChatClient(Object.fromEntries(config), {
    transport: ({ body }) =>
      defer(() => {
        const { model } = JSON.parse(body!);
        const each = left.get(model);
        const answered = Array.isArray(each) ? each.shift() : each;
        if (!answered) throw new Error(`No further answer of "${model}" was drawn.`);
        return answered;
      }),
    tokenCounter: () => 10,
    retry: { maxRetries: 0 },
    maxFlight: 0,
    ...options,
  });
}

/** A request to the first of these models, with the others to fall back to. */
export function asking(models: string, prompt: string, more: Partial<ChatRequest> = {}): ChatRequest {
  const [model, ...fallbacks] = models.split(' ');
  return ask(prompt, { model: model!, fallbacks, ...more });
}

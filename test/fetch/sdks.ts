import Groq from 'groq-sdk';
import OpenAI from 'openai';

/** An official client, as far as both are alike. Its own retries are off unless it is given some. */
export type Sdk = Pick<OpenAI, 'chat'> & {
  readonly models: { list(): PromiseLike<{ readonly data: readonly { readonly id: string }[] }> };
};

export interface SdkOptions {
  /** As OpenAI clients have it: …/v1 */
  readonly url: string;
  readonly apiKey?: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly maxRetries?: number;
}

export const sdks: readonly { readonly name: string; readonly make: (options: SdkOptions) => Sdk }[] = [
  {
    name: 'openai',
    make: ({ url, apiKey = 'dummy', maxRetries = 0, ...rest }) =>
      new OpenAI({ baseURL: url, apiKey, maxRetries, ...rest }),
  },
  {
    name: 'groq-sdk',
    // Its paths carry /openai/v1 themselves. Its types differ in details that no test here looks at.
    make: ({ url, apiKey = 'dummy', maxRetries = 0, ...rest }) =>
      new Groq({ baseURL: url.replace(/\/openai\/v1$/, ''), apiKey, maxRetries, ...rest }) as unknown as Sdk,
  },
];

export const MODEL = 'openai/gpt-oss-20b';

export function question(content = 'What is 7+7?') {
  return { model: MODEL, messages: [{ role: 'user' as const, content }], max_completion_tokens: 50 };
}

/** Reads a stream to its end. */
export async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const { choices } of stream) text += choices[0]!.delta.content ?? ''; // no chunk without a choice
  return text;
}

export const weather = {
  tools: [
    {
      type: 'function' as const,
      function: {
        name: 'weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    },
  ],
  tool_choice: 'required' as const,
};

/** The error that an SDK was told, its status beside it; the two keep it in different places. */
export async function refusalOf(asking: Promise<unknown>): Promise<Record<string, unknown>> {
  const failure = await asking.then(
    () => ({ error: { message: 'no error' } }),
    error => error as { status?: number; error?: { error?: object } },
  );
  return {
    status: (failure as { status?: number }).status,
    ...((failure.error as { error?: object }).error ?? failure.error),
  };
}

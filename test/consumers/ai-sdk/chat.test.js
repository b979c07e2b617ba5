import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, Output, streamText, tool } from 'ai';
import { z } from 'zod';
import { name, pacedSdk } from './pacedSdk.js';

const schema = z.object({ city: z.string() });

function make({ url, fetch }) {
  const provider = createOpenAICompatible({
    name: 'paced',
    baseURL: url,
    apiKey: 'in the configuration',
    fetch,
    supportsStructuredOutputs: true,
  });
  const ask = { model: provider(name), maxOutputTokens: 200, maxRetries: 0 };
  return {
    async whole(prompt, { abort, priority } = {}) {
      const headers = priority ? { 'x-rx-priority': priority } : {};
      const { text, usage } = await generateText({ ...ask, prompt, headers, abortSignal: abort });
      return { text, tokens: usage.totalTokens };
    },
    streamed: prompt => streamText({ ...ask, prompt }).textStream,
    object: async prompt => (await generateText({ ...ask, prompt, output: Output.object({ schema }) })).output,
    async tool(prompt) {
      const weather = tool({ inputSchema: schema, execute: async () => 'sunny' });
      const { toolResults } = await generateText({ ...ask, prompt, tools: { weather }, toolChoice: 'required' });
      return toolResults.map(({ output }) => output);
    },
  };
}

pacedSdk(make, { status: error => error.statusCode, aborted: /AbortError/ });

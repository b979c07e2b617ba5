import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { name, pacedSdk } from './pacedSdk.js';

const schema = z.object({ city: z.string() });

function make({ url, fetch }) {
  const model = new ChatOpenAI({
    model: name,
    apiKey: 'in the configuration',
    maxTokens: 200,
    maxRetries: 0,
    configuration: { baseURL: url, fetch },
  });
  return {
    async whole(prompt, { abort, priority } = {}) {
      const headers = priority ? { 'x-rx-priority': priority } : {};
      const { text, usage_metadata } = await model.invoke(prompt, { signal: abort, options: { headers } });
      return { text, tokens: usage_metadata.total_tokens };
    },
    async *streamed(prompt) {
      for await (const { text } of await model.stream(prompt)) yield text;
    },
    object: prompt => model.withStructuredOutput(schema, { name: 'place', method: 'jsonSchema' }).invoke(prompt),
    async tool(prompt) {
      const weather = tool(async () => 'sunny', { name: 'weather', description: 'how it is there', schema });
      const { tool_calls } = await model.bindTools([weather], { tool_choice: 'required' }).invoke(prompt);
      return Promise.all(tool_calls.map(({ args }) => weather.invoke(args)));
    },
  };
}

pacedSdk(make, { status: error => error.status, aborted: /abort/i });

import { expect } from 'vitest';
import { call, data, done, formsOf, usage, writer } from './form.js';

const chunk = writer({
  id: 'chatcmpl-CabcDEF',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'gpt-5-mini-2025-08-07',
  service_tier: 'default',
  system_fingerprint: null,
});
const usageChunk = data({
  id: 'chatcmpl-CabcDEF',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'gpt-5-mini-2025-08-07',
  choices: [],
  usage,
});

export const openAi = formsOf('OpenAI', [
  {
    name: 'padding on every delta, usage in a chunk of its own',
    body:
      chunk({ role: 'assistant', content: '', refusal: null }, null, { usage: null, obfuscation: 'aB3' }) +
      chunk({ content: 'Grüße' }, null, { usage: null, obfuscation: 'x' }) +
      chunk({ content: ' 🌍' }, null, { usage: null, obfuscation: 'Qq' }) +
      chunk({}, 'stop', { usage: null, obfuscation: '' }) +
      usageChunk +
      done,
    chunks: 5,
    text: 'Grüße 🌍',
    usage,
  },
  {
    name: 'two tool calls in fragments, by index',
    body:
      chunk({ role: 'assistant', content: null, tool_calls: [call(0, 'call_a', 'weather', '')], refusal: null }) +
      chunk({ tool_calls: [call(0, undefined, undefined, '{"city"')] }) +
      chunk({ tool_calls: [call(0, undefined, undefined, ':"Köln"}')] }) +
      chunk({ tool_calls: [call(1, 'call_b', 'time', '')] }) +
      chunk({ tool_calls: [call(1, undefined, undefined, '{}')] }) +
      chunk({}, 'tool_calls') +
      done,
    chunks: 6,
    calls: ['weather({"city":"Köln"})', 'time({})'],
  },
  {
    name: 'an error in mid-stream: no usage, no [DONE]',
    body:
      chunk({ role: 'assistant', content: 'He' }) +
      data({
        error: {
          message: 'The server had an error while processing your request.',
          type: 'server_error',
          param: null,
          code: null,
        },
      }),
    chunks: 1,
    text: 'He',
    error: { kind: 'api', message: expect.stringContaining('had an error while processing') },
  },
  {
    name: 'a refusal',
    body:
      chunk({ role: 'assistant', content: '' }) +
      chunk({ refusal: "I can't help with that." }) +
      chunk({}, 'stop') +
      done,
    chunks: 3,
  },
  {
    name: 'cut by its cap: the text ends with its reason in plain sight',
    body: chunk({ role: 'assistant', content: 'Half a' }) + chunk({}, 'length') + done,
    chunks: 2,
    text: 'Half a',
  },
]);

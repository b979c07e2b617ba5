import { expect } from 'vitest';
import { done, formsOf, json, usage, writer } from './form.js';

const chunk = writer({
  id: 'gen-1767225600-AbCdEfGhIjKl',
  provider: 'DeepInfra',
  model: 'openai/gpt-oss-120b',
  object: 'chat.completion.chunk',
  created: 1767225600,
});

export const openRouter = formsOf('OpenRouter', [
  {
    name: 'comments while it works',
    body: `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${chunk({ role: 'assistant', content: 'Hi' }, null, {}, { native_finish_reason: null })}: OPENROUTER PROCESSING\n\n${chunk({ role: 'assistant', content: '' }, 'stop', { usage }, { native_finish_reason: 'stop' })}${done}`,
    chunks: 2,
    text: 'Hi',
    usage,
  },
  {
    name: 'reasoning under its own name and as details',
    body:
      chunk({
        role: 'assistant',
        content: '',
        reasoning: 'hm',
        reasoning_details: [{ type: 'reasoning.text', text: 'hm', index: 0 }],
      }) +
      chunk({ role: 'assistant', content: 'Hi' }) +
      chunk({ role: 'assistant', content: '' }, 'stop') +
      done,
    chunks: 3,
    text: 'Hi',
    reasoning: 'hm',
  },
  {
    name: 'an error in mid-stream: finish_reason error beside a numeric code',
    body:
      chunk({ role: 'assistant', content: 'He' }) +
      chunk({ content: '' }, 'error', { error: { code: 502, message: 'Provider disconnected unexpectedly' } }),
    chunks: 1,
    text: 'He',
    error: { kind: 'api', status: 502, retryable: true, message: expect.stringContaining('Provider disconnected') },
  },
  {
    name: 'an error before anything, as JSON with status 200',
    type: json,
    body: JSON.stringify({
      error: { message: 'No endpoints found that support tool use.', code: 404 },
      user_id: 'user_1',
    }),
    error: { kind: 'api', code: '404', message: expect.stringContaining('No endpoints found') },
  },
]);

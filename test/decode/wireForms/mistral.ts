import { expect } from 'vitest';
import { done, formsOf, json, usage, writer } from './form.js';

const chunk = writer({
  id: 'cmpl-e5cc70bb28c444948073e77776eb30ef',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'magistral-medium-2509',
});
const thinking = (text: string): object => ({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] });

export const mistral = formsOf('Mistral', [
  {
    name: 'content as parts: thinking, then text; usage unasked',
    body:
      chunk({ role: 'assistant', content: '' }) +
      chunk(thinking('Hm, ')) +
      chunk(thinking('ja.')) +
      chunk({ content: [{ type: 'text', text: 'H' }] }) +
      chunk({ content: 'i' }) +
      chunk({ content: '' }, 'stop', { usage }) +
      done,
    chunks: 6,
    text: 'Hi',
    reasoning: 'Hm, ja.',
    usage,
  },
  {
    name: 'a tool call in one piece, in the chunk that ends it',
    body:
      chunk({ role: 'assistant', content: '' }) +
      chunk(
        {
          content: '',
          tool_calls: [{ id: 'D681PevKs', function: { name: 'f', arguments: '{"x": 1}' }, index: 0 }],
        },
        'tool_calls',
        { usage },
      ) +
      done,
    chunks: 2,
    calls: ['f({"x": 1})'],
  },
  {
    name: 'finish_reason model_length',
    body: chunk({ role: 'assistant', content: 'He' }) + chunk({ content: '' }, 'model_length') + done,
    chunks: 2,
    text: 'He',
  },
  {
    name: 'an error without an error field',
    status: 422,
    type: json,
    body: JSON.stringify({
      object: 'error',
      message: 'Invalid value for temperature',
      type: 'invalid_request_error',
      param: null,
      code: '2210',
    }),
    error: { kind: 'api', status: 422, code: '2210', message: expect.stringContaining('Invalid value') },
  },
]);

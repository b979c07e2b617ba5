import { expect } from 'vitest';
import { call, data, done, formsOf, writer } from './form.js';

const chunk = writer({
  id: '5d2f0c',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'default',
  usage: null,
});

export const sglang = formsOf('SGLang', [
  {
    name: 'null for what a delta does not have',
    body:
      chunk(
        { role: 'assistant', content: '', reasoning_content: null, tool_calls: null },
        null,
        {},
        { logprobs: null, matched_stop: null },
      ) +
      chunk({ role: null, content: 'Hi', reasoning_content: null, tool_calls: null }) +
      chunk(
        { role: null, content: null, reasoning_content: null, tool_calls: null },
        'stop',
        {},
        { matched_stop: 151645 },
      ) +
      done,
    chunks: 3,
    text: 'Hi',
  },
  {
    name: 'a tool call whose later pieces have neither id nor name',
    body:
      chunk({ role: 'assistant', tool_calls: [call(0, 'call_0', 'f', '')] }) +
      chunk({
        tool_calls: [{ index: 0, id: null, type: 'function', function: { name: null, arguments: '{"x": ' } }],
      }) +
      chunk({
        tool_calls: [{ index: 0, id: null, type: 'function', function: { name: null, arguments: '1}' } }],
      }) +
      chunk({}, 'tool_calls') +
      done,
    chunks: 4,
    calls: ['f({"x": 1})'],
  },
  {
    name: 'an error in mid-stream, then [DONE]',
    body:
      chunk({ role: 'assistant', content: 'He' }) +
      data({
        error: { object: 'error', message: 'The request was aborted.', type: 'BadRequest', param: null, code: 400 },
      }) +
      done,
    chunks: 1,
    text: 'He',
    error: { kind: 'api', message: expect.stringContaining('was aborted') },
  },
]);

import { expect } from 'vitest';
import { call, data, done, formsOf, writer } from './form.js';

const chunk = writer({
  id: 'chatcmpl-9f8e7d6c',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'Qwen/Qwen3-8B',
});
const soFar = (completion_tokens: number): object => ({
  usage: { prompt_tokens: 18, total_tokens: 18 + completion_tokens, completion_tokens },
});

export const vllm = formsOf('vLLM', [
  {
    name: 'usage on every chunk (continuous_usage_stats): the last counts',
    body:
      chunk({ role: 'assistant', content: '' }, null, soFar(0), { logprobs: null }) +
      chunk({ content: 'Hi' }, null, soFar(1), { logprobs: null }) +
      chunk({ content: '' }, 'stop', soFar(2), { logprobs: null, stop_reason: null }) +
      data({
        id: 'chatcmpl-9f8e7d6c',
        object: 'chat.completion.chunk',
        created: 1767225600,
        model: 'Qwen/Qwen3-8B',
        choices: [],
        ...soFar(3),
      }) +
      done,
    chunks: 4,
    text: 'Hi',
    ...soFar(3),
  },
  {
    name: 'reasoning_content',
    body:
      chunk({ role: 'assistant', content: '' }) +
      chunk({ reasoning_content: 'Hm, ' }) +
      chunk({ reasoning_content: 'yes' }) +
      chunk({ content: 'Hi' }) +
      chunk({ content: '' }, 'stop') +
      done,
    chunks: 5,
    text: 'Hi',
    reasoning: 'Hm, yes',
  },
  {
    name: 'reasoning under both names is said once',
    body:
      chunk({ role: 'assistant', content: '' }) +
      chunk({ reasoning: 'Hm', reasoning_content: 'Hm' }) +
      chunk({ content: 'Hi' }) +
      chunk({ content: '' }, 'stop') +
      done,
    chunks: 4,
    text: 'Hi',
    reasoning: 'Hm',
  },
  {
    name: 'an error object without choices',
    body:
      chunk({ role: 'assistant', content: '' }) +
      data({
        object: 'error',
        message: 'max_tokens must be at least 1',
        type: 'BadRequestError',
        param: null,
        code: 400,
      }) +
      done,
    chunks: 1,
    error: { kind: 'api', status: 400, message: expect.stringContaining('max_tokens must be') },
  },
  {
    name: 'an error in an error field',
    body:
      data({
        error: { message: 'EngineCore encountered an issue.', type: 'InternalServerError', param: null, code: 500 },
      }) + done,
    error: { kind: 'api', status: 500, retryable: true, message: expect.stringContaining('EngineCore') },
  },
  {
    name: 'n choices, mixed',
    body:
      chunk({ role: 'assistant', content: 'A' }) +
      chunk({ role: 'assistant', content: 'B' }, null, {}, { index: 1 }) +
      chunk({}, 'stop') +
      chunk({}, 'length', {}, { index: 1 }) +
      done,
    chunks: 4,
    text: 'A',
  },
  {
    name: 'n choices, one of them unfinished: broken',
    body:
      chunk({ role: 'assistant', content: 'A' }) +
      chunk({ role: 'assistant', content: 'B' }, null, {}, { index: 1 }) +
      chunk({}, 'stop') +
      done,
    chunks: 3,
    text: 'A',
    error: { kind: 'stream_broken' },
  },

  {
    name: 'n choices: the completion has each',
    body:
      chunk({ role: 'assistant', content: 'Ho' }, null, {}, { index: 1 }) +
      chunk({ role: 'assistant', content: 'Hi' }, 'stop') +
      chunk({}, 'length', {}, { index: 1 }) +
      done,
    chunks: 3,
    text: 'Hi',
    answer: { choices: [{ index: 0 }, { index: 1, message: { content: 'Ho' }, finish_reason: 'length' }] },
  },
  {
    name: 'old: a tool call that the cap has cut, said to be finished (its arguments are for parsers to judge)',
    body:
      chunk({ role: 'assistant', tool_calls: [call(0, 'call_0', 'f', '{"x": [1, ')] }) + chunk({}, 'tool_calls') + done,
    chunks: 2,
    calls: ['f({"x": [1, )'],
  },
]);

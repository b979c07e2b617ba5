import { expect } from 'vitest';
import { data, done, formsOf, writer } from './form.js';

const chunk = writer({
  id: 'chatcmpl-lms1',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'qwen3-4b',
  system_fingerprint: 'qwen3-4b',
});

export const lmStudio = formsOf('LM Studio', [
  {
    name: 'an answer with statistics',
    body:
      chunk({ role: 'assistant', content: 'Hi' }, null, {}, { logprobs: null }) +
      chunk({}, 'stop', { stats: {} }, { logprobs: null }) +
      done,
    chunks: 2,
    text: 'Hi',
  },
  {
    name: 'event: error with the message twice',
    body: `event: error\n${data({ error: { message: 'Trying to keep the first 4121 tokens when context overflows.' }, message: 'Trying to keep the first 4121 tokens when context overflows.' })}`,
    error: { kind: 'api', message: expect.stringContaining('context overflows') },
  },
  {
    name: 'event: error whose error is a text',
    body: `event: error\n${data({ error: 'The model has crashed without additional information.' })}`,
    error: { kind: 'api', message: expect.stringContaining('has crashed') },
  },
  {
    name: 'event: error whose data is no JSON',
    body: 'event: error\ndata: Model unloaded\n\n',
    error: { kind: 'api', message: expect.stringContaining('Model unloaded') },
  },
  {
    name: 'overflow as a 200 without any chunk',
    body: done,
    error: { kind: 'stream_broken' },
  },
  {
    name: 'an unknown endpoint, answered with 200',
    type: 'application/json; charset=utf-8',
    body: JSON.stringify({ error: 'Unexpected endpoint or method. (POST /chat/completions)' }),
    error: { kind: 'api', message: expect.stringContaining('Unexpected endpoint') },
  },
]);

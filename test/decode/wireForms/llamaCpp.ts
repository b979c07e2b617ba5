import { expect } from 'vitest';
import { data, done, formsOf, usage, writer } from './form.js';

const chunk = writer({
  created: 1767225600,
  id: 'chatcmpl-QwErTy',
  model: 'gpt-3.5-turbo',
  system_fingerprint: 'b6412-abc',
  object: 'chat.completion.chunk',
});

export const llamaCpp = formsOf('llama.cpp', [
  {
    name: 'pings, and timings in the last chunk',
    body: `:\n\n: ping\n\n${chunk({ role: 'assistant', content: null })}${chunk({ content: 'Hi' })}: ping - 2026-01-01\n\n${chunk({}, 'stop', { usage, timings: { prompt_n: 18, predicted_per_second: 71.3 } })}${done}`,
    chunks: 3,
    text: 'Hi',
    usage,
  },
  {
    name: 'empty data frames',
    body: `data:\n\n${chunk({ role: 'assistant', content: 'Hi' })}data: \n\n${chunk({}, 'stop')}${done}`,
    chunks: 2,
    text: 'Hi',
  },
  {
    name: 'old: an error as a field of its own, in mid-stream, then [DONE]',
    body: `${chunk({ role: 'assistant', content: 'He' })}error: {"code":500,"message":"Context size has been exceeded.","type":"server_error"}\n\n${done}`,
    chunks: 1,
    text: 'He',
    error: { kind: 'api', status: 500, message: expect.stringContaining('Context size has been exceeded') },
  },
  {
    name: 'old: an error as a field of its own, alone',
    body: `error: {"code":400,"message":"the request exceeds the available context size","type":"invalid_request_error"}\n\n${done}`,
    error: { kind: 'api', status: 400, message: expect.stringContaining('available context size') },
  },
  {
    name: 'an error as data',
    body: data({
      error: {
        code: 400,
        message: 'the request exceeds the available context size',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9000,
        n_ctx: 4096,
      },
    }),
    error: { kind: 'api', status: 400, message: expect.stringContaining('available context size') },
  },
]);

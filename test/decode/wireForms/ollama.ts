import { expect } from 'vitest';
import { call, data, done, formsOf, json, writer } from './form.js';

const chunk = writer({
  id: 'chatcmpl-742',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'llama3.2',
  system_fingerprint: 'fp_ollama',
});

export const ollama = formsOf('Ollama', [
  {
    name: 'old: finish_reason "" all the way, "stop" at last',
    body:
      chunk({ role: 'assistant', content: 'H' }, '') +
      chunk({ role: 'assistant', content: 'i' }, '') +
      chunk({ role: 'assistant', content: '' }, 'stop') +
      done,
    chunks: 3,
    text: 'Hi',
  },
  {
    name: 'old: finish_reason "" to the end, which [DONE] makes whole',
    body: chunk({ role: 'assistant', content: 'Hi' }, '') + done,
    chunks: 1,
    text: 'Hi',
  },
  {
    name: 'old: finish_reason "" and no [DONE]: broken',
    body: chunk({ role: 'assistant', content: 'Hi' }, ''),
    chunks: 1,
    text: 'Hi',
    error: { kind: 'stream_broken' },
  },
  {
    name: 'old: "" after a finish reason takes nothing back',
    body: chunk({ role: 'assistant', content: 'Hi' }, '') + chunk({ content: '' }, 'stop') + chunk({ content: '' }, ''),
    chunks: 3,
    text: 'Hi',
  },
  {
    name: 'old: whole tool calls, all with the index 0',
    body:
      chunk({ role: 'assistant', content: '', tool_calls: [call(0, 'call_x', 'f', '{"x":1}')] }) +
      chunk({ role: 'assistant', content: '', tool_calls: [call(0, 'call_y', 'g', '{}')] }) +
      chunk({ role: 'assistant', content: '' }, 'tool_calls') +
      done,
    chunks: 3,
    calls: ['f({"x":1})', 'g({})'],
  },
  {
    name: '{"error":"text"} inside a 200',
    body: data({ error: 'model requires more system memory (6.1 GiB) than is available (3.4 GiB)' }),
    error: { kind: 'api', message: expect.stringContaining('more system memory') },
  },
  {
    name: 'no such model',
    status: 404,
    type: json,
    body: JSON.stringify({
      error: {
        message: 'model "llama9" not found, try pulling it first',
        type: 'api_error',
        param: null,
        code: null,
      },
    }),
    error: { kind: 'api', status: 404, message: expect.stringContaining('try pulling it first') },
  },
]);

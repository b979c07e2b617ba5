import { expect } from 'vitest';
import { call, data, done, formsOf, json, usage, writer } from './form.js';

const chunk = writer({
  id: 'chatcmpl-5c1f0a7e-12ab-4c34-9d56-7e8f90a1b2c3',
  object: 'chat.completion.chunk',
  created: 1769904000,
  model: 'openai/gpt-oss-20b',
  system_fingerprint: 'fp_3d587a02fb',
});
const id = { x_groq: { id: 'req_01kabcdefghijklmnopqrstuvw' } };

export const groq = formsOf('Groq', [
  {
    name: 'reasoning, then the answer; usage twice in the last chunk, unasked',
    body:
      chunk({ role: 'assistant', content: '' }, null, id, { logprobs: null }) +
      chunk({ reasoning: 'User greets. ', channel: 'analysis' }) +
      chunk({ reasoning: 'Greet.', channel: 'analysis' }) +
      chunk({ content: 'Hi' }) +
      chunk({ content: '!' }) +
      chunk({}, 'stop', { x_groq: { ...id.x_groq, usage }, usage }) +
      done,
    chunks: 6,
    text: 'Hi!',
    reasoning: 'User greets. Greet.',
    usage,
  },
  {
    name: 'a tool call in one piece',
    body:
      chunk({ role: 'assistant', content: null }, null, id) +
      chunk({ tool_calls: [call(0, 'fc_1', 'get_weather', '{"city":"Köln"}')] }) +
      chunk({}, 'tool_calls', { x_groq: { ...id.x_groq, usage } }) +
      done,
    chunks: 3,
    calls: ['get_weather({"city":"Köln"})'],
    usage,
  },
  {
    name: 'usage in an extra chunk without choices',
    body:
      chunk({ role: 'assistant', content: 'Hi' }, null, id) +
      chunk({}, 'stop') +
      data({
        id: 'chatcmpl-5c1f',
        object: 'chat.completion.chunk',
        created: 1769904000,
        model: 'openai/gpt-oss-20b',
        choices: [],
        usage,
      }) +
      done,
    chunks: 3,
    text: 'Hi',
    usage,
  },
  {
    name: 'event: error inside a 200, with a status of its own',
    body:
      chunk({ role: 'assistant', content: '' }, null, id) +
      `event: error\n${data({ error: { message: "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.", type: 'invalid_request_error', code: 'tool_use_failed', failed_generation: '<function=f>{', status_code: 400 } })}`,
    chunks: 1,
    error: { kind: 'api', status: 400, code: 'tool_use_failed', body: { failed_generation: '<function=f>{' } },
  },
  {
    name: 'x_groq.error: why it was stopped early',
    body:
      chunk({ role: 'assistant', content: 'He' }, null, id) +
      chunk({}, null, { x_groq: { id: 'req_1', error: 'over_capacity' } }) +
      done,
    chunks: 1,
    text: 'He',
    error: { kind: 'api', message: expect.stringContaining('over_capacity') },
  },
  {
    name: 'a clean end of bytes without finish reason: broken',
    body: chunk({ role: 'assistant', content: '' }, null, id) + chunk({ content: 'Hel' }),
    chunks: 2,
    text: 'Hel',
    error: { kind: 'stream_broken', received: { length: 2 } },
  },
  {
    name: 'a 429 with its wait',
    status: 429,
    type: json,
    body: JSON.stringify({
      error: {
        message:
          'Rate limit reached for model `openai/gpt-oss-20b` in organization `org_01abc` service tier `on_demand` on tokens per minute (TPM): Limit 8000, Used 7034, Requested 1443. Please try again in 3.5775s. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing',
        type: 'tokens',
        code: 'rate_limit_exceeded',
      },
    }),
    error: { kind: 'rate_limit', retryAfterMs: 3578, limit: 8000, used: 7034, requested: 1443, window: 'TPM' },
  },

  {
    name: 'usage in x_groq alone, and what a system of models took',
    body:
      chunk({ role: 'assistant', content: 'Hi' }, null, id) +
      chunk({}, 'stop', { x_groq: { id: 'req_1', usage, usage_breakdown: { models: [] } } }) +
      done,
    chunks: 2,
    text: 'Hi',
    usage,
    // Where an answer in one piece has it.
    answer: { usage_breakdown: { models: [] }, x_groq: { id: 'req_1' } },
  },
  {
    name: 'a tool call in fragments: nothing promises that it comes whole',
    body:
      chunk({ role: 'assistant', content: null, tool_calls: [call(0, 'fc_1', 'f', '')] }, null, id) +
      chunk({ tool_calls: [call(1, 'fc_2', 'g', '{}')] }) +
      chunk({ tool_calls: [call(0, undefined, undefined, '{"a"')] }) +
      chunk({ tool_calls: [call(0, undefined, undefined, ':1}')] }) +
      chunk({}, 'tool_calls') +
      done,
    chunks: 5,
    calls: ['f({"a":1})', 'g({})'],
    answer: { choices: [{ finish_reason: 'tool_calls', message: { content: null } }] },
  },
  {
    name: 'an error among the data, and no [DONE]',
    body:
      chunk({ role: 'assistant', content: 'He' }, null, id) +
      data({ error: { message: 'Service unavailable', type: 'internal_server_error', status_code: 503 } }),
    chunks: 1,
    text: 'He',
    error: { kind: 'api', status: 503, retryable: true },
  },
  {
    name: 'no model has room for flex: 498',
    status: 498,
    type: json,
    body: JSON.stringify({ error: { message: 'Flex tier is at capacity', code: 'capacity_exceeded' } }),
    error: { kind: 'api', status: 498, code: 'capacity_exceeded', retryable: true },
  },
  {
    name: 'an impossible request as 429',
    status: 429,
    type: json,
    body: JSON.stringify({
      error: {
        message:
          'Request too large for model `m` in organization `org_01abc` on output tokens per minute (OTPM): Limit 1000, Requested 1240.',
        code: 'rate_limit_exceeded',
      },
    }),
    error: {
      kind: 'request_too_large',
      limit: 1000,
      requested: 1240,
      window: 'OTPM',
      message: expect.not.stringContaining('org_01abc'),
    },
  },
]);

import { expect } from 'vitest';
import { data, done, formsOf, json, usage, writer } from './form.js';

const chunk = writer({
  id: 'chatcmpl-cer1',
  created: 1767225600,
  model: 'gpt-oss-120b',
  system_fingerprint: 'fp_c',
  object: 'chat.completion.chunk',
});

export const cerebras = formsOf('Cerebras', [
  {
    name: 'times beside usage in the last chunk',
    body:
      chunk({ role: 'assistant' }) +
      chunk({ reasoning: 'hm' }) +
      chunk({ content: 'Hi' }) +
      chunk({}, 'stop', { usage, time_info: { queue_time: 0.0001, total_time: 0.01 } }) +
      done,
    chunks: 4,
    text: 'Hi',
    reasoning: 'hm',
    usage,
  },
  {
    name: 'a 429 that says nothing of a wait',
    status: 429,
    type: json,
    body: JSON.stringify({
      message: 'Requests per minute limit exceeded - too many requests sent.',
      type: 'too_many_requests_error',
      param: 'quota',
      code: 'request_quota_exceeded',
    }),
    error: { kind: 'rate_limit', retryAfterMs: undefined, message: expect.stringContaining('limit exceeded') },
  },
  {
    name: 'an error in mid-stream',
    body:
      chunk({ role: 'assistant', content: 'He' }) +
      data({
        error: {
          message: 'Encountered a server error, please try again.',
          type: 'server_error',
          param: '',
          code: '',
        },
        status_code: 500,
      }),
    chunks: 1,
    text: 'He',
    error: { kind: 'api', status: 500, retryable: true, message: expect.stringContaining('server error') },
  },

  {
    name: 'a 429 with its wait in seconds, and headers of its own names',
    status: 429,
    type: json,
    headers: {
      'retry-after': '3',
      'x-ratelimit-limit-requests-day': '14400',
      'x-ratelimit-remaining-requests-day': '0',
      'x-ratelimit-reset-requests-day': '33011.38',
    },
    body: JSON.stringify({
      message: 'Too many requests',
      type: 'too_many_requests_error',
      code: 'request_quota_exceeded',
    }),
    error: { kind: 'rate_limit', retryAfterMs: 3000 },
  },
]);

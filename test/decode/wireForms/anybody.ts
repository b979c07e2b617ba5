import { expect } from 'vitest';
import { data, done, formsOf, usage, writer } from './form.js';

const chunk = writer({
  id: 'chatcmpl-CabcDEF',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'gpt-5-mini-2025-08-07',
  service_tier: 'default',
  system_fingerprint: null,
});

const called = writer({ id: 'x', object: 'chat.completion', created: 1, model: 'm' });

export const anybody = formsOf('anybody behind a proxy', [
  {
    name: 'CRLF, a byte order mark, ids and names of events',
    body: `\ufeff${`id: 1\nevent: message\nretry: 100\n${chunk({ role: 'assistant', content: 'é漢🦀' })}${chunk({}, 'stop')}${done}`.replaceAll('\n', '\r\n')}`,
    chunks: 2,
    text: 'é漢🦀',
  },
  {
    name: 'CR alone',
    body: `${chunk({ role: 'assistant', content: 'Hi' })}${chunk({}, 'stop')}${done}`.replaceAll('\n', '\r'),
    chunks: 2,
    text: 'Hi',
  },
  {
    name: 'no space after the colon, JSON over several lines of data',
    body: `${chunk({ role: 'assistant', content: 'Hi' }).replace('data: ', 'data:').replace(',"choices"', '\ndata: ,"choices"')}${chunk({}, 'stop')}data:[DONE]\n\n`,
    chunks: 2,
    text: 'Hi',
  },
  {
    name: 'a finish reason, then neither [DONE] nor a last blank line',
    body: `${chunk({ role: 'assistant', content: 'Hi' })}${chunk({}, 'stop').trimEnd()}`,
    chunks: 2,
    text: 'Hi',
  },
  {
    name: '[DONE] inside a text ends nothing; what follows the real one is not read',
    body: `${chunk({ role: 'assistant', content: 'say "data: [DONE]\n\n"' })}${chunk({}, 'stop')}${done}data: {broken\n\n`,
    chunks: 2,
    text: 'say "data: [DONE]\n\n"',
  },
  {
    name: 'something that is no JSON among the chunks',
    body: `${chunk({ role: 'assistant', content: 'He' })}data: {"id":"chatcm\n\n${chunk({}, 'stop')}${done}`,
    chunks: 1,
    text: 'He',
    error: { kind: 'stream_broken', received: { length: 1 } },
  },
  {
    name: 'JSON that is no chunk',
    body: `${chunk({ role: 'assistant', content: 'He' })}data: [1]\n\n${done}`,
    chunks: 1,
    text: 'He',
    error: { kind: 'stream_broken' },
  },
  { name: 'an empty body', body: '', error: { kind: 'stream_broken' } },
  {
    name: 'a page of HTML with status 200',
    type: 'text/html; charset=utf-8',
    body: '<!doctype html><html><body><h1>Sign in</h1></body></html>',
    error: { kind: 'stream_broken', message: expect.stringContaining('text/html') },
  },
  {
    name: 'a page of HTML with status 502',
    status: 502,
    type: 'text/html',
    body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>',
    error: { kind: 'api', status: 502, message: expect.stringContaining('502 Bad Gateway') },
  },

  {
    name: 'all three line ends, mixed',
    body: `${chunk({ role: 'assistant', content: 'H' }).replace('\n\n', '\r\n\r\n')}${chunk({ content: 'i' }).replace('\n\n', '\r\r')}${chunk({}, 'stop').replace('\n\n', '\n\r\n')}${done}`,
    chunks: 3,
    text: 'Hi',
  },
  {
    name: 'fields that nobody knows, in events and in chunks',
    body: `${chunk({ role: 'assistant', content: 'Hi', mood: 'good' }, null, { extra: { deep: [1] } }).replace('data:', 'trace: abc\ndata:')}${chunk({}, 'stop')}${done}`,
    chunks: 2,
    text: 'Hi',
    answer: { extra: { deep: [1] }, choices: [{ message: { mood: 'good' } }] },
  },
  {
    name: 'a chunk over several reads: longer than any of them',
    body: chunk({ role: 'assistant', content: 'lang '.repeat(200) }) + chunk({}, 'stop') + done,
    chunks: 2,
    text: 'lang '.repeat(200),
  },
  {
    name: '[DONE] with something behind it',
    body: `${chunk({ role: 'assistant', content: 'Hi' })}${chunk({}, 'stop')}data: [DONE] \n\n`,
    chunks: 2,
    text: 'Hi',
  },
  {
    name: '[DONE] and then another answer',
    body: `${chunk({ role: 'assistant', content: 'Hi' })}${chunk({}, 'stop')}${done}${chunk({ content: '!' })}`,
    chunks: 2,
    text: 'Hi',
  },
  {
    name: 'chunks that call themselves a whole completion (Foundry Local)',
    body:
      ['H', 'i', '!'].map(content => called({ content })).join('') +
      called({}, 'stop', { x_groq: { id: 'req_1', usage } }) +
      done,
    chunks: 4,
    text: 'Hi!',
    usage,
    answer: { object: 'chat.completion' },
  },
  {
    name: 'usage in a last chunk that has no choices at all (ATOM)',
    body: chunk({ content: 'Hi' }, 'stop') + data({ id: 'x', object: 'chat.completion.chunk', usage }) + done,
    chunks: 2,
    text: 'Hi',
    usage,
  },
  {
    name: 'the whole message once more at the end (MiniMax)',
    body:
      chunk({ role: 'assistant', content: 'H' }) +
      chunk({ content: 'i' }) +
      data({
        id: 'x',
        object: 'chat.completion',
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }],
        usage,
      }) +
      done,
    chunks: 3,
    text: 'Hi',
    usage,
  },
]);

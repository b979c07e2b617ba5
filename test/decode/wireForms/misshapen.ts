import { expect } from 'vitest';
import { data, done, formsOf, json, usage, writer } from './form.js';

/*
 * JSON that is nearly what it should be. What can't be read is an error, not an answer with a hole in it; a usage that is none is no usage.
 */

const base = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' };
const chunk = writer(base);
const begun = chunk({ role: 'assistant', content: 'Hi' });
const broken = {
  kind: 'stream_broken',
  status: 200,
  message: expect.stringContaining('no chat.completion.chunk'),
  received: { length: 1 },
};
const ends = chunk({}, 'stop') + done;

/** One that comes as the second chunk. */
const second = (name: string, wrong: string) => ({
  name,
  body: begun + wrong + ends,
  chunks: 1,
  text: 'Hi',
  error: broken,
});

export const misshapen = formsOf('nobody in particular', [
  second('null among the data', data(null)),
  second('a number', data(5)),
  second('a text', data('[DONE]')),
  second('a list', data([])),
  second('choices that are no list', data({ ...base, choices: { 0: {} } })),
  second('a choice that is null', data({ ...base, choices: [null] })),
  second('a choice that is a text', data({ ...base, choices: ['Hi'] })),
  second('an index below 0', chunk({ content: '!' }, null, {}, { index: -1 })),
  second('an index that is a text', chunk({ content: '!' }, null, {}, { index: '0' })),
  second('an index beyond all choices', chunk({ content: '!' }, null, {}, { index: 4_000_000_000 })),
  second('a delta that is a text', chunk(undefined, null, {}, { delta: '!' })),
  second('a delta that is a list', chunk(undefined, null, {}, { delta: ['!'] })),
  second(
    'a message in place of a delta',
    chunk(undefined, null, {}, { message: { role: 'assistant', content: 'Hi!' } }),
  ),
  second('a content that is an object', chunk({ content: { text: '!' } })),
  second('a content that is a number', chunk({ content: 5 })),
  second('reasoning that is an object', chunk({ reasoning: { text: 'hm' } })),
  second('a finish reason that is a number', chunk({}, 5 as never)),
  second('tool calls that are no list', chunk({ tool_calls: { index: 0 } })),
  second('a tool call that is null', chunk({ tool_calls: [null] })),
  second('arguments that are an object', chunk({ tool_calls: [{ index: 0, function: { name: 'f', arguments: {} } }] })),
  second('log probabilities that are no list', chunk({}, null, {}, { logprobs: { content: 5 } })),
  ...[
    { name: 'a usage that is a text', usage: 'many' },
    { name: 'a usage without tokens', usage: {} },
    { name: 'a usage below 0', usage: { prompt_tokens: -5, completion_tokens: -1, total_tokens: -6 } },
    { name: 'a usage of texts', usage: { prompt_tokens: '18', completion_tokens: '3', total_tokens: '21' } },
  ].map(({ name, usage }) => ({
    name,
    body: begun + chunk({}, 'stop', { usage }) + done,
    chunks: 2,
    text: 'Hi',
    usage: undefined,
  })),
  {
    name: 'more tokens cached than there are',
    body: begun + chunk({}, 'stop', { usage: { ...usage, prompt_tokens_details: { cached_tokens: 99 } } }) + done,
    chunks: 2,
    text: 'Hi',
    usage: { ...usage, prompt_tokens_details: { cached_tokens: 99 } },
  },
  {
    name: 'fields of a delta that change their kind',
    body:
      chunk({ content: 'Hi', first: { a: 1 }, second: 5, text: 'a', list: [1] }) +
      chunk({ first: [1], second: [2], text: ['b'], list: 'c' }) +
      ends,
    chunks: 3,
    text: 'Hi',
    answer: { choices: [{ message: { first: { a: 1 }, second: 5, text: 'a', list: [1] } }] },
  },
  {
    name: 'fields of a delta under names that every object has',
    body: `${chunk({ content: 'Hi', constructor: [1], toString: 'a' }).replace('"toString"', '"__proto__":[2],"toString"')}${ends}`,
    chunks: 2,
    text: 'Hi',
    answer: { choices: [{ message: JSON.parse('{"constructor":[1],"toString":"a","__proto__":[2]}') }] },
  },
  {
    name: 'the second of two choices alone',
    body: chunk({ content: 'Hi' }, null, {}, { index: 1 }) + chunk({}, 'stop', {}, { index: 1 }) + done,
    chunks: 2,
    answer: { choices: [{ index: 1, message: { content: 'Hi' }, finish_reason: 'stop' }] },
  },
  {
    name: 'a completion with a choice that is null',
    type: json,
    body: JSON.stringify({ id: 'x', object: 'chat.completion', choices: [null] }),
    error: { kind: 'stream_broken', status: 200 },
  },
  {
    name: 'a completion without a message',
    type: json,
    body: JSON.stringify({ id: 'x', object: 'chat.completion', choices: [{ index: 0, finish_reason: 'stop' }] }),
    error: { kind: 'stream_broken', status: 200 },
  },
]);

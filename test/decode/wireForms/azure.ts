import { data, done, formsOf, json, writer } from './form.js';

const chunk = writer({
  id: 'chatcmpl-Azure1',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'gpt-4.1-2025-04-14',
  system_fingerprint: 'fp_1',
});
const filters = { content_filter_results: { hate: { filtered: false, severity: 'safe' } } };
const first = data({
  choices: [],
  created: 0,
  id: '',
  model: '',
  object: '',
  prompt_filter_results: [
    { prompt_index: 0, content_filter_results: { jailbreak: { filtered: false, detected: false } } },
  ],
});

export const azure = formsOf('Azure', [
  {
    name: 'a first chunk without choices, id, model and object; filters beside deltas',
    body:
      first +
      chunk(
        { role: 'assistant', content: '', refusal: null },
        null,
        {},
        { content_filter_results: {}, logprobs: null },
      ) +
      chunk({ content: 'Hi' }, null, {}, filters) +
      chunk({}, 'stop', {}, { content_filter_results: {} }) +
      done,
    chunks: 4,
    text: 'Hi',
  },
  {
    name: 'asynchronous filter: choices without delta, also after the finish reason',
    body:
      chunk({ role: 'assistant', content: 'Hi' }) +
      chunk(
        undefined,
        null,
        { id: '', model: '', created: 0, object: '' },
        { ...filters, content_filter_offsets: { check_offset: 44 } },
      ) +
      chunk({}, 'stop') +
      chunk(undefined, null, { id: '', model: '', created: 0, object: '' }, filters) +
      done,
    chunks: 4,
    text: 'Hi',
  },
  {
    name: 'an answer that the filter stopped',
    body: first + chunk({ role: 'assistant', content: 'He' }) + chunk({}, 'content_filter', {}, filters) + done,
    chunks: 3,
    text: 'He',
  },
  {
    name: 'a prompt that the filter refused',
    status: 400,
    type: json,
    body: JSON.stringify({
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
      },
    }),
    error: { kind: 'api', status: 400, code: 'content_filter' },
  },

  {
    name: 'id and model are those of the first chunk that has them',
    body: first + chunk({ role: 'assistant', content: 'Hi' }) + chunk({}, 'stop') + done,
    chunks: 3,
    text: 'Hi',
    answer: { id: 'chatcmpl-Azure1', model: 'gpt-4.1-2025-04-14', created: 1767225600 },
  },
]);

import { expect } from 'vitest';

/* The forms in which servers answer, as their bytes look on the wire. Facts about them were gathered in 2026. */

/** One answer, and what has to come of it. */
export interface Form {
  readonly name: string;
  readonly body: string;
  /** @default 'text/event-stream' */
  readonly type: string;
  /** @default 200 */
  readonly status: number;
  readonly chunks: number;
  /** Of the first choice. */
  readonly text: string;
  readonly reasoning?: string;
  /** Its tool calls, as `name(arguments)`. */
  readonly calls?: readonly string[];
  readonly usage?: object;
  readonly error?: object;
}

type Written = Partial<Form> & Pick<Form, 'name' | 'body'>;

const form = (written: Written): Form => ({
  type: 'text/event-stream',
  status: 200,
  chunks: 0,
  text: '',
  ...written,
});

const done = 'data: [DONE]\n\n';
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const usage = { prompt_tokens: 18, completion_tokens: 3, total_tokens: 21 };

/** A writer of one server's chunks: the fields that each has round its choices. */
const writer =
  (base: object) =>
  (delta: object | undefined, finish_reason: string | null = null, more: object = {}, choice: object = {}): string =>
    data({
      ...base,
      choices: [{ index: 0, ...(delta && { delta }), ...choice, finish_reason }],
      ...more,
    });

const call = (index: number | undefined, id: string | undefined, name: string | undefined, json: string): object => ({
  ...(index !== undefined && { index }),
  ...(id && { id, type: 'function' }),
  function: { ...(name && { name }), arguments: json },
});

const openai = writer({
  id: 'chatcmpl-CabcDEF',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'gpt-5-mini-2025-08-07',
  service_tier: 'default',
  system_fingerprint: null,
});
const openaiUsage = data({
  id: 'chatcmpl-CabcDEF',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'gpt-5-mini-2025-08-07',
  choices: [],
  usage,
});

const groq = writer({
  id: 'chatcmpl-5c1f0a7e-12ab-4c34-9d56-7e8f90a1b2c3',
  object: 'chat.completion.chunk',
  created: 1769904000,
  model: 'openai/gpt-oss-20b',
  system_fingerprint: 'fp_3d587a02fb',
});
const groqId = { x_groq: { id: 'req_01kabcdefghijklmnopqrstuvw' } };

const azure = writer({
  id: 'chatcmpl-Azure1',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'gpt-4.1-2025-04-14',
  system_fingerprint: 'fp_1',
});
const azureFilters = { content_filter_results: { hate: { filtered: false, severity: 'safe' } } };
const azureFirst = data({
  choices: [],
  created: 0,
  id: '',
  model: '',
  object: '',
  prompt_filter_results: [
    { prompt_index: 0, content_filter_results: { jailbreak: { filtered: false, detected: false } } },
  ],
});

const openrouter = writer({
  id: 'gen-1767225600-AbCdEfGhIjKl',
  provider: 'DeepInfra',
  model: 'openai/gpt-oss-120b',
  object: 'chat.completion.chunk',
  created: 1767225600,
});
const vllm = writer({
  id: 'chatcmpl-9f8e7d6c',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'Qwen/Qwen3-8B',
});
const vllmSoFar = (completion_tokens: number): object => ({
  usage: { prompt_tokens: 18, total_tokens: 18 + completion_tokens, completion_tokens },
});
const sglang = writer({
  id: '5d2f0c',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'default',
  usage: null,
});
const ollama = writer({
  id: 'chatcmpl-742',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'llama3.2',
  system_fingerprint: 'fp_ollama',
});
const llama = writer({
  created: 1767225600,
  id: 'chatcmpl-QwErTy',
  model: 'gpt-3.5-turbo',
  system_fingerprint: 'b6412-abc',
  object: 'chat.completion.chunk',
});
const lmstudio = writer({
  id: 'chatcmpl-lms1',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'qwen3-4b',
  system_fingerprint: 'qwen3-4b',
});
const mistral = writer({
  id: 'cmpl-e5cc70bb28c444948073e77776eb30ef',
  object: 'chat.completion.chunk',
  created: 1767225600,
  model: 'magistral-medium-2509',
});
const thinking = (text: string): object => ({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] });
const cerebras = writer({
  id: 'chatcmpl-cer1',
  created: 1767225600,
  model: 'gpt-oss-120b',
  system_fingerprint: 'fp_c',
  object: 'chat.completion.chunk',
});

export const dialects: readonly { readonly server: string; readonly forms: readonly Form[] }[] = [
  {
    server: 'OpenAI',
    forms: [
      form({
        name: 'padding on every delta, usage in a chunk of its own',
        body:
          openai({ role: 'assistant', content: '', refusal: null }, null, { usage: null, obfuscation: 'aB3' }) +
          openai({ content: 'Grüße' }, null, { usage: null, obfuscation: 'x' }) +
          openai({ content: ' 🌍' }, null, { usage: null, obfuscation: 'Qq' }) +
          openai({}, 'stop', { usage: null, obfuscation: '' }) +
          openaiUsage +
          done,
        chunks: 5,
        text: 'Grüße 🌍',
        usage,
      }),
      form({
        name: 'two tool calls in fragments, by index',
        body:
          openai({ role: 'assistant', content: null, tool_calls: [call(0, 'call_a', 'weather', '')], refusal: null }) +
          openai({ tool_calls: [call(0, undefined, undefined, '{"city"')] }) +
          openai({ tool_calls: [call(0, undefined, undefined, ':"Köln"}')] }) +
          openai({ tool_calls: [call(1, 'call_b', 'time', '')] }) +
          openai({ tool_calls: [call(1, undefined, undefined, '{}')] }) +
          openai({}, 'tool_calls') +
          done,
        chunks: 6,
        calls: ['weather({"city":"Köln"})', 'time({})'],
      }),
      form({
        name: 'an error in mid-stream: no usage, no [DONE]',
        body:
          openai({ role: 'assistant', content: 'He' }) +
          data({
            error: {
              message: 'The server had an error while processing your request.',
              type: 'server_error',
              param: null,
              code: null,
            },
          }),
        chunks: 1,
        text: 'He',
        error: { kind: 'api', message: expect.stringContaining('had an error while processing') },
      }),
      form({
        name: 'a refusal',
        body:
          openai({ role: 'assistant', content: '' }) +
          openai({ refusal: "I can't help with that." }) +
          openai({}, 'stop') +
          done,
        chunks: 3,
      }),
      form({
        name: 'cut by its cap: the text ends with its reason in plain sight',
        body: openai({ role: 'assistant', content: 'Half a' }) + openai({}, 'length') + done,
        chunks: 2,
        text: 'Half a',
      }),
    ],
  },
  {
    server: 'Groq',
    forms: [
      form({
        name: 'reasoning, then the answer; usage twice in the last chunk, unasked',
        body:
          groq({ role: 'assistant', content: '' }, null, groqId, { logprobs: null }) +
          groq({ reasoning: 'User greets. ', channel: 'analysis' }) +
          groq({ reasoning: 'Greet.', channel: 'analysis' }) +
          groq({ content: 'Hi' }) +
          groq({ content: '!' }) +
          groq({}, 'stop', { x_groq: { ...groqId.x_groq, usage }, usage }) +
          done,
        chunks: 6,
        text: 'Hi!',
        reasoning: 'User greets. Greet.',
        usage,
      }),
      form({
        name: 'a tool call in one piece',
        body:
          groq({ role: 'assistant', content: null }, null, groqId) +
          groq({ tool_calls: [call(0, 'fc_1', 'get_weather', '{"city":"Köln"}')] }) +
          groq({}, 'tool_calls', { x_groq: { ...groqId.x_groq, usage } }) +
          done,
        chunks: 3,
        calls: ['get_weather({"city":"Köln"})'],
        usage,
      }),
      form({
        name: 'usage in an extra chunk without choices',
        body:
          groq({ role: 'assistant', content: 'Hi' }, null, groqId) +
          groq({}, 'stop') +
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
      }),
      form({
        name: 'event: error inside a 200, with a status of its own',
        body:
          groq({ role: 'assistant', content: '' }, null, groqId) +
          `event: error\n${data({ error: { message: "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.", type: 'invalid_request_error', code: 'tool_use_failed', failed_generation: '<function=f>{', status_code: 400 } })}`,
        chunks: 1,
        error: { kind: 'api', status: 400, code: 'tool_use_failed', body: { failed_generation: '<function=f>{' } },
      }),
      form({
        name: 'x_groq.error: why it was stopped early',
        body:
          groq({ role: 'assistant', content: 'He' }, null, groqId) +
          groq({}, null, { x_groq: { id: 'req_1', error: 'over_capacity' } }) +
          done,
        chunks: 1,
        text: 'He',
        error: { kind: 'api', message: expect.stringContaining('over_capacity') },
      }),
      form({
        name: 'a clean end of bytes without finish reason: broken',
        body: groq({ role: 'assistant', content: '' }, null, groqId) + groq({ content: 'Hel' }),
        chunks: 2,
        text: 'Hel',
        error: { kind: 'stream_broken', received: { length: 2 } },
      }),
      form({
        name: 'a 429 with its wait',
        status: 429,
        type: 'application/json',
        body: JSON.stringify({
          error: {
            message:
              'Rate limit reached for model `openai/gpt-oss-20b` in organization `org_01abc` service tier `on_demand` on tokens per minute (TPM): Limit 8000, Used 7034, Requested 1443. Please try again in 3.5775s. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing',
            type: 'tokens',
            code: 'rate_limit_exceeded',
          },
        }),
        error: { kind: 'rate_limit', retryAfterMs: 3578, limit: 8000, used: 7034, requested: 1443, window: 'TPM' },
      }),
    ],
  },
  {
    server: 'Azure',
    forms: [
      form({
        name: 'a first chunk without choices, id, model and object; filters beside deltas',
        body:
          azureFirst +
          azure(
            { role: 'assistant', content: '', refusal: null },
            null,
            {},
            { content_filter_results: {}, logprobs: null },
          ) +
          azure({ content: 'Hi' }, null, {}, azureFilters) +
          azure({}, 'stop', {}, { content_filter_results: {} }) +
          done,
        chunks: 4,
        text: 'Hi',
      }),
      form({
        name: 'asynchronous filter: choices without delta, also after the finish reason',
        body:
          azure({ role: 'assistant', content: 'Hi' }) +
          azure(
            undefined,
            null,
            { id: '', model: '', created: 0, object: '' },
            { ...azureFilters, content_filter_offsets: { check_offset: 44 } },
          ) +
          azure({}, 'stop') +
          azure(undefined, null, { id: '', model: '', created: 0, object: '' }, azureFilters) +
          done,
        chunks: 4,
        text: 'Hi',
      }),
      form({
        name: 'an answer that the filter stopped',
        body:
          azureFirst +
          azure({ role: 'assistant', content: 'He' }) +
          azure({}, 'content_filter', {}, azureFilters) +
          done,
        chunks: 3,
        text: 'He',
      }),
      form({
        name: 'a prompt that the filter refused',
        status: 400,
        type: 'application/json',
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
      }),
    ],
  },
  {
    server: 'OpenRouter',
    forms: [
      form({
        name: 'comments while it works',
        body: `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${openrouter({ role: 'assistant', content: 'Hi' }, null, {}, { native_finish_reason: null })}: OPENROUTER PROCESSING\n\n${openrouter({ role: 'assistant', content: '' }, 'stop', { usage }, { native_finish_reason: 'stop' })}${done}`,
        chunks: 2,
        text: 'Hi',
        usage,
      }),
      form({
        name: 'reasoning under its own name and as details',
        body:
          openrouter({
            role: 'assistant',
            content: '',
            reasoning: 'hm',
            reasoning_details: [{ type: 'reasoning.text', text: 'hm', index: 0 }],
          }) +
          openrouter({ role: 'assistant', content: 'Hi' }) +
          openrouter({ role: 'assistant', content: '' }, 'stop') +
          done,
        chunks: 3,
        text: 'Hi',
        reasoning: 'hm',
      }),
      form({
        name: 'an error in mid-stream: finish_reason error beside a numeric code',
        body:
          openrouter({ role: 'assistant', content: 'He' }) +
          openrouter({ content: '' }, 'error', { error: { code: 502, message: 'Provider disconnected unexpectedly' } }),
        chunks: 1,
        text: 'He',
        error: { kind: 'api', status: 502, retryable: true, message: expect.stringContaining('Provider disconnected') },
      }),
      form({
        name: 'an error before anything, as JSON with status 200',
        type: 'application/json',
        body: JSON.stringify({
          error: { message: 'No endpoints found that support tool use.', code: 404 },
          user_id: 'user_1',
        }),
        error: { kind: 'api', code: '404', message: expect.stringContaining('No endpoints found') },
      }),
    ],
  },
  {
    server: 'vLLM',
    forms: [
      form({
        name: 'usage on every chunk (continuous_usage_stats): the last counts',
        body:
          vllm({ role: 'assistant', content: '' }, null, vllmSoFar(0), { logprobs: null }) +
          vllm({ content: 'Hi' }, null, vllmSoFar(1), { logprobs: null }) +
          vllm({ content: '' }, 'stop', vllmSoFar(2), { logprobs: null, stop_reason: null }) +
          data({
            id: 'chatcmpl-9f8e7d6c',
            object: 'chat.completion.chunk',
            created: 1767225600,
            model: 'Qwen/Qwen3-8B',
            choices: [],
            ...vllmSoFar(3),
          }) +
          done,
        chunks: 4,
        text: 'Hi',
        ...vllmSoFar(3),
      }),
      form({
        name: 'reasoning_content',
        body:
          vllm({ role: 'assistant', content: '' }) +
          vllm({ reasoning_content: 'Hm, ' }) +
          vllm({ reasoning_content: 'yes' }) +
          vllm({ content: 'Hi' }) +
          vllm({ content: '' }, 'stop') +
          done,
        chunks: 5,
        text: 'Hi',
        reasoning: 'Hm, yes',
      }),
      form({
        name: 'reasoning under both names is said once',
        body:
          vllm({ role: 'assistant', content: '' }) +
          vllm({ reasoning: 'Hm', reasoning_content: 'Hm' }) +
          vllm({ content: 'Hi' }) +
          vllm({ content: '' }, 'stop') +
          done,
        chunks: 4,
        text: 'Hi',
        reasoning: 'Hm',
      }),
      form({
        name: 'an error object without choices',
        body:
          vllm({ role: 'assistant', content: '' }) +
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
      }),
      form({
        name: 'an error in an error field',
        body:
          data({
            error: { message: 'EngineCore encountered an issue.', type: 'InternalServerError', param: null, code: 500 },
          }) + done,
        error: { kind: 'api', status: 500, retryable: true, message: expect.stringContaining('EngineCore') },
      }),
      form({
        name: 'n choices, mixed',
        body:
          vllm({ role: 'assistant', content: 'A' }) +
          vllm({ role: 'assistant', content: 'B' }, null, {}, { index: 1 }) +
          vllm({}, 'stop') +
          vllm({}, 'length', {}, { index: 1 }) +
          done,
        chunks: 4,
        text: 'A',
      }),
      form({
        name: 'n choices, one of them unfinished: broken',
        body:
          vllm({ role: 'assistant', content: 'A' }) +
          vllm({ role: 'assistant', content: 'B' }, null, {}, { index: 1 }) +
          vllm({}, 'stop') +
          done,
        chunks: 3,
        text: 'A',
        error: { kind: 'stream_broken' },
      }),
    ],
  },
  {
    server: 'SGLang',
    forms: [
      form({
        name: 'null for what a delta does not have',
        body:
          sglang(
            { role: 'assistant', content: '', reasoning_content: null, tool_calls: null },
            null,
            {},
            { logprobs: null, matched_stop: null },
          ) +
          sglang({ role: null, content: 'Hi', reasoning_content: null, tool_calls: null }) +
          sglang(
            { role: null, content: null, reasoning_content: null, tool_calls: null },
            'stop',
            {},
            { matched_stop: 151645 },
          ) +
          done,
        chunks: 3,
        text: 'Hi',
      }),
      form({
        name: 'a tool call whose later pieces have neither id nor name',
        body:
          sglang({ role: 'assistant', tool_calls: [call(0, 'call_0', 'f', '')] }) +
          sglang({
            tool_calls: [{ index: 0, id: null, type: 'function', function: { name: null, arguments: '{"x": ' } }],
          }) +
          sglang({
            tool_calls: [{ index: 0, id: null, type: 'function', function: { name: null, arguments: '1}' } }],
          }) +
          sglang({}, 'tool_calls') +
          done,
        chunks: 4,
        calls: ['f({"x": 1})'],
      }),
      form({
        name: 'an error in mid-stream, then [DONE]',
        body:
          sglang({ role: 'assistant', content: 'He' }) +
          data({
            error: { object: 'error', message: 'The request was aborted.', type: 'BadRequest', param: null, code: 400 },
          }) +
          done,
        chunks: 1,
        text: 'He',
        error: { kind: 'api', message: expect.stringContaining('was aborted') },
      }),
    ],
  },
  {
    server: 'Ollama',
    forms: [
      form({
        name: 'old: finish_reason "" all the way, "stop" at last',
        body:
          ollama({ role: 'assistant', content: 'H' }, '') +
          ollama({ role: 'assistant', content: 'i' }, '') +
          ollama({ role: 'assistant', content: '' }, 'stop') +
          done,
        chunks: 3,
        text: 'Hi',
      }),
      form({
        name: 'old: finish_reason "" to the end, which [DONE] makes whole',
        body: ollama({ role: 'assistant', content: 'Hi' }, '') + done,
        chunks: 1,
        text: 'Hi',
      }),
      form({
        name: 'old: finish_reason "" and no [DONE]: broken',
        body: ollama({ role: 'assistant', content: 'Hi' }, ''),
        chunks: 1,
        text: 'Hi',
        error: { kind: 'stream_broken' },
      }),
      form({
        name: 'old: whole tool calls, all with the index 0',
        body:
          ollama({ role: 'assistant', content: '', tool_calls: [call(0, 'call_x', 'f', '{"x":1}')] }) +
          ollama({ role: 'assistant', content: '', tool_calls: [call(0, 'call_y', 'g', '{}')] }) +
          ollama({ role: 'assistant', content: '' }, 'tool_calls') +
          done,
        chunks: 3,
        calls: ['f({"x":1})', 'g({})'],
      }),
      form({
        name: '{"error":"text"} inside a 200',
        body: data({ error: 'model requires more system memory (6.1 GiB) than is available (3.4 GiB)' }),
        error: { kind: 'api', message: expect.stringContaining('more system memory') },
      }),
      form({
        name: 'no such model',
        status: 404,
        type: 'application/json',
        body: JSON.stringify({
          error: {
            message: 'model "llama9" not found, try pulling it first',
            type: 'api_error',
            param: null,
            code: null,
          },
        }),
        error: { kind: 'api', status: 404, message: expect.stringContaining('try pulling it first') },
      }),
    ],
  },
  {
    server: 'llama.cpp',
    forms: [
      form({
        name: 'pings, and timings in the last chunk',
        body: `:\n\n: ping\n\n${llama({ role: 'assistant', content: null })}${llama({ content: 'Hi' })}: ping - 2026-01-01\n\n${llama({}, 'stop', { usage, timings: { prompt_n: 18, predicted_per_second: 71.3 } })}${done}`,
        chunks: 3,
        text: 'Hi',
        usage,
      }),
      form({
        name: 'empty data frames',
        body: `data:\n\n${llama({ role: 'assistant', content: 'Hi' })}data: \n\n${llama({}, 'stop')}${done}`,
        chunks: 2,
        text: 'Hi',
      }),
      form({
        name: 'old: an error as a field of its own, in mid-stream, then [DONE]',
        body: `${llama({ role: 'assistant', content: 'He' })}error: {"code":500,"message":"Context size has been exceeded.","type":"server_error"}\n\n${done}`,
        chunks: 1,
        text: 'He',
        error: { kind: 'api', status: 500, message: expect.stringContaining('Context size has been exceeded') },
      }),
      form({
        name: 'old: an error as a field of its own, alone',
        body: `error: {"code":400,"message":"the request exceeds the available context size","type":"invalid_request_error"}\n\n${done}`,
        error: { kind: 'api', status: 400, message: expect.stringContaining('available context size') },
      }),
      form({
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
      }),
    ],
  },
  {
    server: 'LM Studio',
    forms: [
      form({
        name: 'an answer with statistics',
        body:
          lmstudio({ role: 'assistant', content: 'Hi' }, null, {}, { logprobs: null }) +
          lmstudio({}, 'stop', { stats: {} }, { logprobs: null }) +
          done,
        chunks: 2,
        text: 'Hi',
      }),
      form({
        name: 'event: error with the message twice',
        body: `event: error\n${data({ error: { message: 'Trying to keep the first 4121 tokens when context overflows.' }, message: 'Trying to keep the first 4121 tokens when context overflows.' })}`,
        error: { kind: 'api', message: expect.stringContaining('context overflows') },
      }),
      form({
        name: 'event: error whose error is a text',
        body: `event: error\n${data({ error: 'The model has crashed without additional information.' })}`,
        error: { kind: 'api', message: expect.stringContaining('has crashed') },
      }),
      form({
        name: 'event: error whose data is no JSON',
        body: 'event: error\ndata: Model unloaded\n\n',
        error: { kind: 'api', message: expect.stringContaining('Model unloaded') },
      }),
      form({
        name: 'overflow as a 200 without any chunk',
        body: done,
        error: { kind: 'stream_broken' },
      }),
      form({
        name: 'an unknown endpoint, answered with 200',
        type: 'application/json; charset=utf-8',
        body: JSON.stringify({ error: 'Unexpected endpoint or method. (POST /chat/completions)' }),
        error: { kind: 'api', message: expect.stringContaining('Unexpected endpoint') },
      }),
    ],
  },
  {
    server: 'Mistral',
    forms: [
      form({
        name: 'content as parts: thinking, then text; usage unasked',
        body:
          mistral({ role: 'assistant', content: '' }) +
          mistral(thinking('Hm, ')) +
          mistral(thinking('ja.')) +
          mistral({ content: [{ type: 'text', text: 'H' }] }) +
          mistral({ content: 'i' }) +
          mistral({ content: '' }, 'stop', { usage }) +
          done,
        chunks: 6,
        text: 'Hi',
        reasoning: 'Hm, ja.',
        usage,
      }),
      form({
        name: 'a tool call in one piece, in the chunk that ends it',
        body:
          mistral({ role: 'assistant', content: '' }) +
          mistral(
            {
              content: '',
              tool_calls: [{ id: 'D681PevKs', function: { name: 'f', arguments: '{"x": 1}' }, index: 0 }],
            },
            'tool_calls',
            { usage },
          ) +
          done,
        chunks: 2,
        calls: ['f({"x": 1})'],
      }),
      form({
        name: 'finish_reason model_length',
        body: mistral({ role: 'assistant', content: 'He' }) + mistral({ content: '' }, 'model_length') + done,
        chunks: 2,
        text: 'He',
      }),
      form({
        name: 'an error without an error field',
        status: 422,
        type: 'application/json',
        body: JSON.stringify({
          object: 'error',
          message: 'Invalid value for temperature',
          type: 'invalid_request_error',
          param: null,
          code: '2210',
        }),
        error: { kind: 'api', status: 422, code: '2210', message: expect.stringContaining('Invalid value') },
      }),
    ],
  },
  {
    server: 'Cerebras',
    forms: [
      form({
        name: 'times beside usage in the last chunk',
        body:
          cerebras({ role: 'assistant' }) +
          cerebras({ reasoning: 'hm' }) +
          cerebras({ content: 'Hi' }) +
          cerebras({}, 'stop', { usage, time_info: { queue_time: 0.0001, total_time: 0.01 } }) +
          done,
        chunks: 4,
        text: 'Hi',
        reasoning: 'hm',
        usage,
      }),
      form({
        name: 'a 429 that says nothing of a wait',
        status: 429,
        type: 'application/json',
        body: JSON.stringify({
          message: 'Requests per minute limit exceeded - too many requests sent.',
          type: 'too_many_requests_error',
          param: 'quota',
          code: 'request_quota_exceeded',
        }),
        error: { kind: 'rate_limit', retryAfterMs: undefined, message: expect.stringContaining('limit exceeded') },
      }),
      form({
        name: 'an error in mid-stream',
        body:
          cerebras({ role: 'assistant', content: 'He' }) +
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
      }),
    ],
  },
  {
    server: 'anybody behind a proxy',
    forms: [
      form({
        name: 'CRLF, a byte order mark, ids and names of events',
        body: `\ufeff${`id: 1\nevent: message\nretry: 100\n${openai({ role: 'assistant', content: 'é漢🦀' })}${openai({}, 'stop')}${done}`.replaceAll('\n', '\r\n')}`,
        chunks: 2,
        text: 'é漢🦀',
      }),
      form({
        name: 'CR alone',
        body: `${openai({ role: 'assistant', content: 'Hi' })}${openai({}, 'stop')}${done}`.replaceAll('\n', '\r'),
        chunks: 2,
        text: 'Hi',
      }),
      form({
        name: 'no space after the colon, JSON over several lines of data',
        body: `${openai({ role: 'assistant', content: 'Hi' }).replace('data: ', 'data:').replace(',"choices"', '\ndata: ,"choices"')}${openai({}, 'stop')}data:[DONE]\n\n`,
        chunks: 2,
        text: 'Hi',
      }),
      form({
        name: 'a finish reason, then neither [DONE] nor a last blank line',
        body: `${openai({ role: 'assistant', content: 'Hi' })}${openai({}, 'stop').trimEnd()}`,
        chunks: 2,
        text: 'Hi',
      }),
      form({
        name: '[DONE] inside a text ends nothing; what follows the real one is not read',
        body: `${openai({ role: 'assistant', content: 'say "data: [DONE]\n\n"' })}${openai({}, 'stop')}${done}data: {broken\n\n`,
        chunks: 2,
        text: 'say "data: [DONE]\n\n"',
      }),
      form({
        name: 'something that is no JSON among the chunks',
        body: `${openai({ role: 'assistant', content: 'He' })}data: {"id":"chatcm\n\n${openai({}, 'stop')}${done}`,
        chunks: 1,
        text: 'He',
        error: { kind: 'stream_broken', received: { length: 1 } },
      }),
      form({
        name: 'JSON that is no chunk',
        body: `${openai({ role: 'assistant', content: 'He' })}data: [1]\n\n${done}`,
        chunks: 1,
        text: 'He',
        error: { kind: 'stream_broken' },
      }),
      form({ name: 'an empty body', body: '', error: { kind: 'stream_broken' } }),
      form({
        name: 'a page of HTML with status 200',
        type: 'text/html; charset=utf-8',
        body: '<!doctype html><html><body><h1>Sign in</h1></body></html>',
        error: { kind: 'stream_broken', message: expect.stringContaining('text/html') },
      }),
      form({
        name: 'a page of HTML with status 502',
        status: 502,
        type: 'text/html',
        body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>',
        error: { kind: 'api', status: 502, message: expect.stringContaining('502 Bad Gateway') },
      }),
    ],
  },
];

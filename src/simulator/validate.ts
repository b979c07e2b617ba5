import { type ChatBody, capOf } from './chatBody.js';
import { capTooLarge, type ErrorReply, invalidRequest } from './errors.js';

const ACCEPTED = new Set(
  `messages model stream stream_options max_completion_tokens max_tokens temperature top_p seed stop n tools tool_choice
  parallel_tool_calls disable_tool_validation functions function_call response_format reasoning_effort reasoning_format
  include_reasoning service_tier documents citation_options search_settings compound_custom include_domains
  exclude_domains user frequency_penalty presence_penalty metadata store`.split(/\s+/),
);

const REFUSED = new Set(['logprobs', 'top_logprobs', 'logit_bias']);

const MESSAGE_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  system: new Set(['role', 'content']),
  developer: new Set(['role', 'content']),
  user: new Set(['role', 'content']),
  assistant: new Set(['role', 'content', 'tool_calls', 'function_call', 'reasoning']),
  tool: new Set(['role', 'content', 'tool_call_id']),
  function: new Set(['role', 'content', 'name']),
};

/** Field → least and most. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  temperature: [0, 2],
  top_p: [0, 1],
  n: [1, 1],
  max_completion_tokens: [1, Infinity],
  max_tokens: [1, Infinity],
  frequency_penalty: [-2, 2],
  presence_penalty: [-2, 2],
};

const INTEGERS = new Set(['n', 'max_completion_tokens', 'max_tokens']);
const REASONING_EFFORTS = ['none', 'default', 'low', 'medium', 'high'];
const SERVICE_TIERS = ['on_demand', 'flex', 'auto', 'performance'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * What Groq answers 400 to, in its own words where they are on record (2024 to 2026), else in their manner.
 * `undefined`: nothing is wrong, and the body is a `ChatBody`.
 */
export function invalidityOf(body: unknown): ErrorReply | undefined {
  if (!isFields(body)) return invalidRequest('the request body must be a JSON object');
  return (
    wrongFieldName(body) ??
    wrongModel(body) ??
    wrongMessages(body.messages) ??
    wrongNumber(body) ??
    wrongStop(body) ??
    wrongFormat(body) ??
    wrongReasoning(body) ??
    wrongTools(body)
  );
}

/** The cap is checked when the model is known. */
export function wrongCap(body: ChatBody, maxOutput: number): ErrorReply | undefined {
  return (capOf(body) ?? 0) > maxOutput ? capTooLarge(maxOutput) : undefined;
}

function wrongFieldName(body: Fields): ErrorReply | undefined {
  for (const [name, value] of Object.entries(body)) {
    // Set to null or false they ask for nothing, and the SDKs do that.
    if (REFUSED.has(name) && !(value === null || value === false)) {
      return invalidRequest(`\`${name}\` is not supported with this model`, name);
    }
    if (!ACCEPTED.has(name) && !REFUSED.has(name)) return invalidRequest(`property '${name}' is unsupported`);
  }
  return undefined;
}

function wrongModel({ model }: Fields): ErrorReply | undefined {
  if (model === undefined) return invalidRequest("property 'model' is missing");
  return typeof model === 'string' ? undefined : invalidRequest("'model' : value must be a string");
}

function wrongMessages(messages: unknown): ErrorReply | undefined {
  if (messages === undefined) return invalidRequest("property 'messages' is missing");
  if (!Array.isArray(messages)) return invalidRequest("'messages' : value must be an array");
  if (messages.length === 0) return invalidRequest("'messages' : minimum number of items is 1");
  return messages.map(wrongMessage).find(wrong => wrong !== undefined);
}

function wrongMessage(message: unknown, index: number): ErrorReply | undefined {
  const at = `messages.${index}`;
  if (!isFields(message)) return invalidRequest(`'${at}' : value must be an object`);
  const { role, content } = message;
  const fields = typeof role === 'string' ? MESSAGE_FIELDS[role] : undefined;
  if (fields === undefined) return invalidRequest(`'${at}' : discriminator property 'role' has invalid value`);
  const must = (reason: string): ErrorReply =>
    invalidRequest(`'${at}' : for 'role:${role}' the following must be satisfied[(${reason})]`);

  const unknown = Object.keys(message).find(name => !fields.has(name));
  if (unknown !== undefined) return must(`'${at}' : property '${unknown}' is unsupported`);
  if (role === 'tool' && typeof message.tool_call_id !== 'string') {
    return must(`'${at}.tool_call_id' : property 'tool_call_id' is missing`);
  }
  const calls = role === 'assistant' && (message.tool_calls !== undefined || message.function_call !== undefined);
  if ((content === undefined || content === null) && !calls) {
    return must(`'${at}.content' : property 'content' is missing`);
  }
  if (typeof content === 'string' || content === undefined || content === null) return undefined;
  if (!Array.isArray(content)) return must(`'${at}.content' : value must be a string`);
  if (!content.every(part => isFields(part) && typeof part.type === 'string')) {
    return must(`'${at}.content' : discriminator property 'type' has invalid value`);
  }
  const wrong = content.findIndex(({ type, text }) => type === 'text' && typeof text !== 'string');
  return wrong < 0 ? undefined : must(`'${at}.content.${wrong}.text' : value must be a string`);
}

function wrongNumber(body: Fields): ErrorReply | undefined {
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number') return invalidRequest(`'${name}' : value must be a number`);
    if (INTEGERS.has(name) && !Number.isInteger(value)) return invalidRequest(`'${name}' : value must be an integer`);
    if (value < least) return invalidRequest(`'${name}' : number must be at least ${least}`);
    if (value > most) return invalidRequest(`'${name}' : number must be at most ${most}`);
  }
  return undefined;
}

function wrongStop({ stop }: Fields): ErrorReply | undefined {
  if (stop === undefined || stop === null || typeof stop === 'string') return undefined;
  if (!Array.isArray(stop) || !stop.every(one => typeof one === 'string')) {
    return invalidRequest("'stop' : value must be a string or an array of strings");
  }
  return stop.length > 4 ? invalidRequest("'stop' : maximum number of items is 4") : undefined;
}

function wrongFormat({ stream, response_format }: Fields): ErrorReply | undefined {
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return invalidRequest("'stream' : value must be a boolean");
  }
  if (response_format === undefined || response_format === null) return undefined;
  if (!isFields(response_format)) return invalidRequest("'response_format' : value must be an object");
  const { type, json_schema } = response_format;
  if (type === 'text' || type === 'json_object') return undefined;
  if (type !== 'json_schema') return invalidRequest("'response_format.type' : value is not one of the allowed values");
  if (!isFields(json_schema) || typeof json_schema.name !== 'string' || !isFields(json_schema.schema)) {
    return invalidRequest("'response_format.json_schema' : properties 'name' and 'schema' are required");
  }
  return stream === true ? invalidRequest('`response_format` does not support streaming') : undefined;
}

function wrongReasoning(body: Fields): ErrorReply | undefined {
  const { reasoning_effort: effort, reasoning_format, include_reasoning, service_tier, model } = body;
  const given = (value: unknown): boolean => value !== undefined && value !== null;
  if (given(reasoning_format) && given(include_reasoning)) {
    return invalidRequest('`reasoning_format` and `include_reasoning` are mutually exclusive', 'reasoning_format');
  }
  const allowed = String(model).startsWith('openai/gpt-oss') ? REASONING_EFFORTS.slice(2) : REASONING_EFFORTS;
  if (given(effort) && !allowed.includes(effort as string)) {
    return invalidRequest(`\`reasoning_effort\` must be one of ${allowed.join(', ')}`, 'reasoning_effort');
  }
  if (given(service_tier) && !SERVICE_TIERS.includes(service_tier as string)) {
    return invalidRequest(`'service_tier' : value is not one of the allowed values ${SERVICE_TIERS.join(', ')}`);
  }
  return undefined;
}

function wrongTools({ tools, tool_choice }: Fields): ErrorReply | undefined {
  if (tools !== undefined && tools !== null) {
    if (!Array.isArray(tools)) return invalidRequest("'tools' : value must be an array");
    if (tools.length > 128) return invalidRequest("'tools' : maximum number of items is 128");
    const wrong = tools.findIndex(tool => !isFields(tool) || !isFields(tool.function) || !isName(tool.function.name));
    if (wrong >= 0) return invalidRequest(`'tools.${wrong}.function.name' : property 'name' is missing`);
  }
  const names = ((tools ?? []) as { function: { name: string } }[]).map(tool => tool.function.name);
  if (tool_choice === undefined || tool_choice === null || tool_choice === 'none') return undefined;
  if (tool_choice === 'auto') return undefined;
  const named = isFields(tool_choice) && isFields(tool_choice.function) ? tool_choice.function.name : undefined;
  if (tool_choice !== 'required' && !isName(named)) return invalidRequest("'tool_choice' : value is invalid");
  if (names.length === 0) return invalidRequest('tool_choice is given, but there are no tools', 'tool_choice');
  return named === undefined || names.includes(named as string)
    ? undefined
    : invalidRequest(`tool_choice names '${named}', which is not in request.tools`, 'tool_choice');
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { beforeAll, describe, expect, it } from 'vitest';
import { familyOf } from '../../src/estimate/families.js';
import { promptParts, promptTokens } from '../../src/estimate/promptParts.js';
import type { Countable } from '../../src/estimate/TokenCounter.js';
import { type TextCounter, textCounter } from '../../src/estimate/textCounter.js';
import type { Encoding } from '../../src/estimate/vocabularies.js';

const counters = new Map<Encoding, TextCounter>();
beforeAll(async () => {
  for (const encoding of ['o200k_base', 'cl100k_base', 'llama3', 'qwen'] as const)
    counters.set(encoding, await textCounter(encoding));
});

const count = (request: Countable): number => promptTokens(request, textOf(request.model));
const textOf = (model: string): TextCounter => counters.get(familyOf(model).encoding)!;
const ask = (model: string, content: string): Countable => ({ model, messages: [{ role: 'user', content }] });

describe('figures recorded on Groq', () => {
  it.each([
    ['openai/gpt-oss-20b', 'hello', 72],
    ['openai/gpt-oss-120b', 'hi', 72],
    ['llama-3.1-8b-instant', 'hi', 36],
    ['llama-3.3-70b-versatile', 'hi', 36],
  ])('%s takes %j as exactly %i tokens', (model, content, tokens) => {
    expect(count(ask(model, content))).toBe(tokens);
  });

  it('Qwen3 takes 13 tokens of text as 21, or 25 without thinking, which is what counts', () => {
    expect(count(ask('qwen/qwen3-32b', ' word'.repeat(13)))).toBe(25);
  });

  const weather = {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Get the current weather for a city',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string', description: 'The name of the city' } },
        required: ['city'],
      },
    },
  };

  it('a small tool takes Llama 3.3 some 170 tokens', () => {
    const request = ask('llama-3.3-70b-versatile', 'What is the weather in Paris?');
    expect(count({ ...request, tools: [weather] }) - count(request)).toBeGreaterThanOrEqual(160);
    expect(count({ ...request, tools: [weather] }) - count(request)).toBeLessThanOrEqual(220);
  });

  it('a small tool takes gpt-oss at least the 34 tokens of its namespace', () => {
    const request = ask('openai/gpt-oss-20b', 'What is the weather in Paris?');
    expect(count({ ...request, tools: [weather] }) - count(request)).toBeGreaterThanOrEqual(34);
  });

  it('a schema of two fields takes gpt-oss some 92 tokens', () => {
    const request = ask('openai/gpt-oss-20b', 'Extract.');
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    const response_format = { type: 'json_schema', json_schema: { name: 'person', strict: true, schema } };
    const more = count({ ...request, response_format }) - count(request);
    expect(more).toBeGreaterThanOrEqual(92);
    expect(more).toBeLessThanOrEqual(140);
  });
});

describe('templates', () => {
  const talk = (model: string): Countable => ({
    model,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'Two.' },
      { role: 'user', content: 'Three?' },
    ],
  });
  const texts = (model: string): number =>
    ['Be brief.', 'One?', 'Two.', 'Three?'].reduce((sum, text) => sum + textOf(model)(text), 0);

  it.each([
    ['openai/gpt-oss-20b', 67 + 8 + 4 + 6 + 4],
    ['llama-3.1-8b-instant', 30 + 0 + 5 + 5 + 5],
    ['llama-3.3-70b-versatile', 30 + 0 + 5 + 5 + 5],
    ['meta-llama/Meta-Llama-3-8B-Instruct', 5 + 4 * 5],
    ['qwen/qwen3.8-27b', 7 + 4 * 5],
    ['gpt-4o-mini', 3 + 4 * 3],
    ['some/unknown-model', 5 + 4 * 5],
  ])('%s puts %i tokens around a conversation of four', (model, around) => {
    expect(count(talk(model))).toBe(around + texts(model));
  });

  it.each([
    ['openai/gpt-oss-safeguard-20b', 'o200k_base'],
    ['llama3-70b-8192', 'llama3'],
    ['llama3.2:3b', 'llama3'],
    ['Qwen3-8B', 'qwen'],
    ['gpt-3.5-turbo', 'cl100k_base'],
    ['gpt-4-turbo', 'cl100k_base'],
    ['gpt-4.1-mini', 'o200k_base'],
    ['gpt-4o', 'o200k_base'],
    ['openai/o3-mini', 'o200k_base'],
    ['moonshotai/kimi-k2-instruct', 'llama3'],
  ])('%s is counted with %s', (model, encoding) => {
    expect(familyOf(model).encoding).toBe(encoding);
  });

  it('a system prompt goes into the header that Llama 3.1 has in any case, a later one does not', () => {
    const system = { role: 'system', content: '' };
    const user = { role: 'user', content: 'hi' };
    expect(count({ model: 'llama-3.1-8b-instant', messages: [system, user] })).toBe(36);
    expect(count({ model: 'llama-3.1-8b-instant', messages: [system, user, system] })).toBe(41);
  });
});

describe('what else a message holds', () => {
  const model = 'openai/gpt-oss-20b';
  const empty = promptParts(ask(model, '')).fixed;

  it('counts the text of parts as the same text in one string', () => {
    const content = [
      { type: 'text', text: 'hello' },
      { type: 'text', text: '' },
      { type: 'refusal', refusal: '' },
    ];
    expect(count({ model, messages: [{ role: 'user', content }] })).toBe(72);
  });

  it('counts an image as 2048, by address or with its data', () => {
    for (const url of ['https://example.com/cat.png', `data:image/png;base64,${'A'.repeat(100_000)}`]) {
      const request: Countable = {
        model,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
      };
      expect(count(request)).toBe(empty + 2048);
    }
  });

  it('counts a part of unknown type as 2048 and its words, without its data', () => {
    const data = Buffer.alloc(300_000, 'sound').toString('base64');
    const unknown = (extra: object): Countable => ({
      model,
      messages: [{ role: 'user', content: [{ type: 'hologram', ...extra }] }],
    });
    expect(count(unknown({ data }))).toBeGreaterThan(empty + 2048);
    expect(count(unknown({ data }))).toBeLessThan(empty + 2048 + 50);
    const caption = 'a caption of seven words or so '.repeat(1000);
    expect(count(unknown({ data, caption }))).toBeGreaterThan(empty + 2048 + textOf(model)(caption));
  });

  it('counts the text of documents', () => {
    const data = { text: 'many words '.repeat(500) };
    const words = textOf(model)(data.text);
    const part: Countable = {
      model,
      messages: [{ role: 'user', content: [{ type: 'document', document: { data } }] }],
    };
    expect(count(part)).toBeGreaterThan(empty + words);
    expect(count(part)).toBeLessThan(empty + words + 50);
    const listed: Countable = { ...ask(model, ''), documents: [{ source: { type: 'text', text: data.text } }] };
    expect(count(listed)).toBeGreaterThan(empty + words);
  });

  it('counts names, tool calls and their results, and reasoning only where tools were called', () => {
    const reasoning = 'thinking '.repeat(100);
    const tool_calls = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"city":"Paris"}' } }];
    const of = (...messages: Countable['messages']): number => count({ model, messages });
    const plain = of({ role: 'assistant', content: 'yes' });
    expect(of({ role: 'assistant', content: 'yes', name: 'Ada' })).toBe(plain + 1 + textOf(model)('Ada'));
    expect(of({ role: 'assistant', content: 'yes', reasoning })).toBe(plain);
    expect(of({ role: 'assistant', content: 'yes', tool_calls })).toBeGreaterThan(plain + 10);
    expect(of({ role: 'assistant', content: 'yes', tool_calls, reasoning })).toBe(
      of({ role: 'assistant', content: 'yes', tool_calls }) + textOf(model)(reasoning),
    );
    expect(of({ role: 'tool', tool_call_id: 'call_1', content: 'sunny' })).toBe(67 + 14 + textOf(model)('sunny'));
  });

  it('takes what SDKs leave null as absent', () => {
    const request: Countable = {
      model,
      messages: [{ role: 'user', content: 'hello', name: null, tool_calls: null, reasoning: null, refusal: null }],
      tools: null,
      functions: null,
      documents: null,
      response_format: { type: 'text' },
    };
    expect(count(request)).toBe(72);
  });
});

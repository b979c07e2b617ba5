import fc from 'fast-check';
import { Tiktoken } from 'js-tiktoken/lite';
import o200k from 'js-tiktoken/ranks/o200k_base';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MODELS } from '../../src/simulator/index.js';
import { promptTokens, splitTokens } from '../../src/simulator/tokens.js';

const encoder = new Tiktoken(o200k);
const real = (text: string): number => encoder.encode(text, [], []).length;

describe('the tokens of a text', () => {
  it.each([
    [
      'English',
      'The quick brown fox doesn’t jump over the lazy dog, because it isn\'t in the mood. "Why?" one may ask.',
    ],
    ['code', 'export const f = (x: number): string => x.toFixed(2) + "items";\n\n  return camelCaseName + snake_case;'],
    ['JSON', '{"name": "Ada", "born": 1815, "tags": ["math", "engines"], "nested": {"a": null}}'],
    ['German', 'Donaudampfschifffahrtsgesellschaftskapitän ist ein selbstverständlich langes Wort.'],
    ['Chinese', '敏捷的棕色狐狸跳过了懒狗。今天天气很好。'],
    ['emoji', 'Nice 👍🏽👩‍👩‍👧‍👦🎉🎉🎉 work!!! ---------- ======'],
    ['numbers', '3.14159265358979 1234567 12-34-56'],
    ['white space', 'a\n\n\n\n   b\t\tc          d   \r\n  e'],
    ['a word without end', 'x'.repeat(1500)],
  ])('are never more than o200k has for it: %s', (_, text) => {
    const ours = splitTokens(text).length;
    expect(ours).toBeGreaterThan(0);
    expect(ours).toBeLessThanOrEqual(real(text));
  });

  it('are never more than o200k has for any text', () => {
    const words = fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.string({ unit: fc.constantFrom("'", 's', 'T', 're', ' ', '\n', '\r', '1', '.', 'é', 'ß', '-', '/') }),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(words, parts => {
        const text = parts.join('');
        expect(splitTokens(text).length).toBeLessThanOrEqual(real(text));
      }),
      { numRuns: 300 },
    );
  });

  it('are most of what o200k has for English prose', () => {
    const prose =
      'A server that refuses a request says when to come again, and a client that waits as told is served. '.repeat(5);
    expect(splitTokens(prose).length).toBeGreaterThan(0.9 * real(prose));
  });

  it('put together give the text again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(splitTokens(text).join('')).toBe(text);
      }),
    );
  });
});

describe('the tokens of a prompt', () => {
  const template = DEFAULT_MODELS.find(model => model.id === 'openai/gpt-oss-20b')!.template;
  const user = (content: string) => ({ role: 'user', content });

  it('are 72 for "hello" on gpt-oss, as recorded on Groq, and 4 more for a further message', () => {
    expect(promptTokens({ model: 'm', messages: [user('hello')] }, template)).toBe(72);
    expect(promptTokens({ model: 'm', messages: [user('hello'), user('hello')] }, template)).toBe(77);
  });

  it('include tools, schema and pictures', () => {
    const messages = [user('hello')];
    const plain = promptTokens({ model: 'm', messages });
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
    expect(promptTokens({ model: 'm', messages, tools })).toBeGreaterThan(plain + 10);
    const response_format = { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } };
    expect(promptTokens({ model: 'm', messages, response_format })).toBeGreaterThan(plain + 3);
    const picture = [{ role: 'user', content: [{ type: 'text', text: 'hello' }, { type: 'image_url' }] }];
    expect(promptTokens({ model: 'm', messages: picture })).toBe(plain + 1300);
  });

  it('follow the ratio, but for the template', () => {
    const messages = [user('one two three four')];
    expect(promptTokens({ model: 'm', messages }, { request: 10, message: 0 }, 1.5)).toBe(16);
  });
});

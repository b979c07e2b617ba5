import { describe, expect, test } from 'vitest';
import { redactorFor } from '../../src/transport/index.js';

/* What people have written into a request, and how servers repeat it. */

const prompt = 'My name is\nJohn "Smith"\nin a café\nSSN 123-45-6789';
const told = ['John', 'Smith', '6789', 'caf'];

const said = (body: object, text: string) =>
  redactorFor({ url: 'http://m.test', method: 'POST', headers: {}, body: JSON.stringify(body) })(text);
const chat = { model: 'm', messages: [{ role: 'user', content: prompt }] };

describe('a prompt is taken out', () => {
  test.each([
    ['as it is', prompt],
    ['as JSON', JSON.stringify(chat)],
    ['as JSON in ASCII', JSON.stringify(chat).replaceAll('é', '\\u00e9')],
    ['as Python shows it', `{'content': '${prompt.replaceAll('\n', '\\n')}'}`],
  ])('%s', (_, repeated) => {
    const clean = said(chat, `input should be a list, got ${repeated} instead`);
    for (const word of told) expect(clean).not.toContain(word);
    expect(clean).toMatch(/^input should be a list, got .*… *.*instead$/);
  });

  test.each([
    [
      'of another call, whose body is a text in ours',
      { messages: [{ role: 'user', content: JSON.stringify({ input: prompt }) }] },
    ],
    ['in a list of documents', { documents: [{ source: { type: 'text', text: prompt } }] }],
    ['in the description of a tool', { tools: [{ type: 'function', function: { name: 'f', description: prompt } }] }],
    [
      'in the arguments of a call',
      { messages: [{ tool_calls: [{ function: { name: 'f', arguments: JSON.stringify({ who: prompt }) } }] }] },
    ],
  ])('%s', (_, body) => {
    expect(said(body, `${prompt} is too long`)).toBe('… is too long');
  });

  test('names stay: of the model, of tools and their parameters, of formats', () => {
    const parameters = { type: 'object', properties: { temperature_unit: {} }, required: ['temperature_unit'] };
    const body = {
      model: 'openai/gpt-oss-120b',
      tools: [{ type: 'function', function: { name: 'get_current_weather', parameters } }],
      response_format: 'verbose_json',
    };
    const text = 'openai/gpt-oss-120b: get_current_weather lacks temperature_unit (verbose_json)';
    expect(said(body, text)).toBe(text);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answerTo } from '../../src/simulator/answers.js';
import type { ChatBody } from '../../src/simulator/chatBody.js';
import { arithmetic } from '../../src/simulator/prose.js';
import { seededRandom } from '../../src/simulator/random.js';
import { schemaValue } from '../../src/simulator/schemaValue.js';
import { ask, GPT, send, simulate } from './harness.js';

const body = (content: string, more: Partial<ChatBody> = {}): ChatBody => ({
  model: GPT,
  messages: [{ role: 'user', content }],
  ...more,
});
const textOf = (content: string, most: number, seed = 1): string =>
  answerTo(body(content), seed, most).content.join('');

describe('an answer', () => {
  it.each([
    ['What is 7+7?', '14'],
    ['what is 12 * 3 ?', '36'],
    ['How much is 0.1 + 0.2?', '0.3'],
    ['Calculate 9 divided by 4.', '2.25'],
    ['10 - 12 =', '-2'],
    ['3 times 5', '15'],
  ])('to %s has %s', (question, result) => {
    expect(arithmetic(question)).toBe(result);
    expect(textOf(question, 50)).toBe(`${result} (simulated)`);
  });

  it('takes no range of years for a sum', () => {
    expect(arithmetic('Summarize: between 1914-1918 there was a war.')).toBeUndefined();
    expect(arithmetic('What is 24/7 support?')).toBeUndefined();
  });

  it('says that it is simulated, and takes up the question', () => {
    const text = textOf('Explain how volcanoes form.', 200);
    expect(text).toMatch(/^\(simulated\) .*volcanoes.*\.$/);
  });

  it('repeats what it is to translate and begins what it is to summarize', () => {
    expect(textOf('Translate to French: good morning', 200)).toBe('(simulated) In French: good morning');
    const summary = textOf('Summarize this paragraph in one sentence.\n\nThe fox slept. It was late.', 200);
    expect(summary).toBe('(simulated) In short: The fox slept. It was late.');
  });

  it('follows the cap and never exceeds it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer(), fc.lorem(), (cap, seed, question) => {
        const { tokens, content, finish } = answerTo(body(question, { max_completion_tokens: cap }), seed, cap);
        expect(tokens).toBeLessThanOrEqual(cap);
        expect(content).toHaveLength(tokens);
        if (finish === 'stop' && cap > 60) expect(tokens).toBeLessThanOrEqual(0.9 * cap);
      }),
    );
  });

  it('is longer for a larger cap and a longer question', () => {
    const question = 'Describe the causes and the consequences of the industrial revolution in Europe. '.repeat(8);
    const mean = (text: string, cap: number): number => {
      const seeds = Array.from({ length: 40 }, (_, seed) => seed);
      const lengths = seeds.map(seed => answerTo(body(text, { max_completion_tokens: cap }), seed, cap).tokens);
      return lengths.reduce((sum, length) => sum + length) / lengths.length;
    };
    expect(mean(question, 400)).toBeGreaterThan(1.5 * mean(question, 100));
    expect(mean(question, 1000)).toBeGreaterThan(1.3 * mean(question.slice(0, 80), 1000));
  });

  it('that the cap cuts ends with finish_reason length', async () => {
    const { json } = await send(await simulate(), ask('What is 7+7?', { max_completion_tokens: 2 }));
    expect(json.choices[0]).toMatchObject({ message: { content: '14 (' }, finish_reason: 'length' });
    expect(json.usage.completion_tokens).toBe(2);
  });

  it('with a cap that thinking uses up is empty, as gpt-oss does it', () => {
    const answer = answerTo(body('Why?', { reasoning_effort: 'high' }), 1, 5);
    expect(answer).toMatchObject({ content: [], finish: 'length', tokens: 5 });
  });

  it('stops before a stop sequence', () => {
    expect(answerTo(body('What is 7+7?', { stop: [' (', 'x'] }), 1, 50).content.join('')).toBe('14');
  });

  it('can be given by the test', async () => {
    const simulator = await simulate({ answer: ({ model }) => (model === GPT ? 'as told' : undefined) });
    expect((await send(simulator, ask())).json.choices[0].message.content).toBe('as told');
  });

  it('is JSON where JSON is asked for', () => {
    const { content } = answerTo(body('What is 7+7?', { response_format: { type: 'json_object' } }), 1, 100);
    expect(JSON.parse(content.join(''))).toEqual({ simulated: true, answer: '14' });
  });
});

describe('the same seed', () => {
  const run = async (seed: number): Promise<unknown> => {
    const simulator = await simulate({ seed });
    const replies = [];
    for (const question of ['Why is the sky blue?', 'What is rain?'])
      replies.push(await send(simulator, ask(question)));
    return replies.map(({ json, headers }) => [headers.get('x-request-id'), json.id, json.choices]);
  };

  it('gives the same identifiers and answers, another seed others', async () => {
    const [first, again, other] = [await run(5), await run(5), await run(6)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('answers one question alike whatever was asked in between', async () => {
    const simulator = await simulate();
    const first = await send(simulator, ask('Why is the sky blue?'));
    await send(simulator, ask('What is rain?'));
    const again = await send(simulator, ask('Why is the sky blue?'));
    expect(again.json.choices).toEqual(first.json.choices);
  });
});

describe('a value for a schema', () => {
  const tree: z.ZodType = z.object({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  });

  it.each<[string, z.ZodType]>([
    ['an object', z.object({ name: z.string(), age: z.int().min(18).max(99), tags: z.array(z.string()).min(2) })],
    ['enums and constants', z.object({ kind: z.enum(['a', 'b']), version: z.literal(3) })],
    ['a union', z.object({ value: z.union([z.number(), z.null()]), maybe: z.string().nullable() })],
    [
      'numbers',
      z.object({ a: z.number().gt(0).lt(1), b: z.int().max(-3), c: z.number().multipleOf(5), d: z.boolean() }),
    ],
    ['texts', z.object({ a: z.string().min(40), b: z.string().max(3), c: z.iso.date(), d: z.email(), e: z.uuid() })],
    ['nested objects', z.object({ a: z.object({ b: z.array(z.object({ c: z.null() })) }) })],
    ['a schema that refers to itself', tree],
  ])('fits %s', (_, schema) => {
    const value = schemaValue(z.toJSONSchema(schema) as Record<string, unknown>, ['word'], seededRandom(1));
    expect(schema.safeParse(value).error).toBeUndefined();
  });

  it('is the content of a structured answer', async () => {
    const schema = z.toJSONSchema(z.object({ city: z.string(), population: z.int() }));
    const response_format = { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } };
    const { json } = await send(await simulate(), ask('Tell me about Oslo', { response_format }));
    expect(JSON.parse(json.choices[0].message.content)).toEqual({
      city: expect.stringContaining('(simulated)'),
      population: expect.any(Number),
    });
  });
});

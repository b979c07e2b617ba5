import fc from 'fast-check';
import { Tiktoken } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import o200k from 'js-tiktoken/ranks/o200k_base';
import { describe, expect, it } from 'vitest';
import { textCounter } from '../../src/estimate/textCounter.js';

const encodings = [
  ['o200k_base', new Tiktoken(o200k)],
  ['cl100k_base', new Tiktoken(cl100k)],
] as const;

/** Short enough that no piece is cut: there, and only there, js-tiktoken is the reference. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('a', 'B', ' ', '\n', '7', "'s", '\ud83d', '漢', 'й', '<|end', 'oftext|>'),
    maxLength: 40,
  }),
  fc.lorem({ maxCount: 20 }),
);

describe.each(encodings)('%s', (name, reference) => {
  const referenceCount = (sample: string): number => reference.encode(sample, [], []).length;

  it('counts as js-tiktoken does', async () => {
    const count = await textCounter(name);
    fc.assert(
      fc.property(text, sample => count(sample) === referenceCount(sample)),
      { numRuns: 500 },
    );
  });

  it('counts as js-tiktoken does also where a text has many blocks, if it has words', async () => {
    const count = await textCounter(name);
    const words = fc.constantFrom('the', 'Größe,', 'слово', '한국어', 'a.b', "don't", '(x)', '42', '😀', '漢字。');
    fc.assert(
      fc.property(
        fc.array(words, { minLength: 5, maxLength: 20 }),
        fc.integer({ min: 50, max: 150 }),
        (some, times) => {
          const sample = `${some.join(' ')} and so on, `.repeat(times);
          expect(count(sample)).toBe(referenceCount(sample));
        },
      ),
      { numRuns: 10 },
    );
  });

  it.each([
    ['special tokens as the text that they are', '<|endoftext|><|start|>system<|eot_id|>'],
    ['lone surrogates', 'a\ud83d b\ude00'],
    ['no text', ''],
    ['code', 'for (let i = 0; i < 10; i++) {\n\tconsole.log("no", i);\n}\n\n\n'],
    ['several scripts', 'Schifffahrtsgesellschaft, Превышение, 今天天气很好。 👩‍👩‍👧‍👦 ๐๑๒'],
  ])('counts %s', async (_what, sample) => {
    const count = await textCounter(name);
    expect(count(sample)).toBe(referenceCount(sample));
  });

  it('counts a run without a break in pieces: never too low, and at most a token a piece too high', async () => {
    const count = await textCounter(name);
    for (const unit of ['a', 'ab', '漢', '!', '😀']) {
      const run = unit.repeat(500 / unit.length);
      expect(count(run)).toBeGreaterThanOrEqual(referenceCount(run));
      expect(count(run)).toBeLessThanOrEqual(referenceCount(run) + 4);
    }
  });

  it.each([
    ['a million of the same letter', 'a', 1_000_000],
    ['a million spaces', ' ', 1_000_000],
    ['a hundred thousand ideographs without a break', '漢', 100_000],
    ['fifty thousand emoji without a break', '😀', 50_000],
  ])('takes twice as long for %s as for half of them, not four times', async (_what, unit, times) => {
    const count = await textCounter(name);
    const half = unit.repeat(times / 2);
    const whole = unit.repeat(times);
    count(half.slice(0, 10_000));
    expect(shortest(() => count(whole))).toBeLessThan(3.5 * shortest(() => count(half)) + 20);
  });
});

it('loads a vocabulary once, however many ask at once', () => {
  const asked = Array.from({ length: 600 }, () => textCounter('o200k_base'));
  expect(new Set(asked).size).toBe(1);
});

describe('llama3 and qwen', () => {
  const three = Promise.all([textCounter('cl100k_base'), textCounter('llama3'), textCounter('qwen')]);

  it.each([
    'A sentence in English, and "code": for (let i = 0; i < n; i++) {}',
    'Schifffahrtsgesellschaft, cœur, mañana, żądanie',
    '👩‍👩‍👧‍👦 and ✅ are no words',
  ])('have the tokens of cl100k for %s', async sample => {
    const [base, llama3, qwen] = await three;
    expect(llama3(sample)).toBe(base(sample));
    expect(qwen(sample)).toBe(base(sample));
  });

  // As their own vocabularies have it, give or take a seventh; cl100k has half as many again.
  it.each([
    ['Russian', 'Согласно протоколу, комиссия утвердила бюджет. Ухоженный сад требует терпения.', 26, 29],
    ['Arabic', 'وفقا للمحضر وافقت اللجنة على الميزانية. هطل المطر طوال الصباح.', 26, 22],
    ['Korean', '회의록에 따르면 위원회는 예산을 승인했다. 정오에는 거리가 텅 비어 있었다.', 28, 29],
  ])('have words of %s', async (_language, sample, ofLlama, ofQwen) => {
    const [base, llama3, qwen] = await three;
    expect(Math.abs(llama3(sample) / ofLlama - 1)).toBeLessThan(0.15);
    expect(Math.abs(qwen(sample) / ofQwen - 1)).toBeLessThan(0.15);
    expect(base(sample)).toBeGreaterThan(1.3 * Math.max(ofLlama, ofQwen));
  });

  it('have words of Greek or Hebrew, as their own vocabularies, in one of the two alone', async () => {
    const [base, llama3, qwen] = await three;
    const greek = 'Ο περιορισμός ισχύει για όλα τα αιτήματα';
    expect(llama3(greek)).toBeLessThan(0.6 * base(greek));
    expect(qwen(greek)).toBe(base(greek));
    const hebrew = 'המגבלה חלה על כל הבקשות שנשלחות';
    expect(qwen(hebrew)).toBeLessThan(0.6 * base(hebrew));
    expect(llama3(hebrew)).toBe(base(hebrew));
  });

  it('take digits as cl100k does, and qwen one by one', async () => {
    expect((await three).map(count => count('123456'))).toEqual([2, 2, 6]);
  });
});

/** ms of CPU, which a busy machine does not lengthen as it does the time on the clock. */
function shortest(run: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

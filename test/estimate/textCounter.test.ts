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

it('counts digits one by one for Qwen, and all else as cl100k', async () => {
  const [groups, digits] = await Promise.all([textCounter('cl100k_base'), textCounter('cl100k_digits')]);
  expect(groups('123456')).toBe(2);
  expect(digits('123456')).toBe(6);
  expect(digits('no digits at all')).toBe(groups('no digits at all'));
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

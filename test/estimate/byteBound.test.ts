import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteBound } from '../../src/estimate/byteBound.js';
import { familyOf } from '../../src/estimate/families.js';
import { promptTokens } from '../../src/estimate/promptParts.js';
import type { Countable } from '../../src/estimate/TokenCounter.js';
import { textCounter } from '../../src/estimate/textCounter.js';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string({ unit: codeUnit() }));
const part = fc.oneof(
  text.map(value => ({ type: 'text', text: value })),
  text.map(url => ({ type: 'image_url', image_url: { url } })),
  text.map(value => ({ type: 'unknown', value })),
);
const request: fc.Arbitrary<Countable> = fc.record({
  model: fc.constantFrom('openai/gpt-oss-20b', 'llama-3.1-8b-instant', 'qwen/qwen3-32b', 'other'),
  messages: fc.array(
    fc.record({
      role: fc.constantFrom('system', 'user', 'assistant', 'tool'),
      content: fc.oneof(text, fc.array(part, { maxLength: 3 }), fc.constant(null)),
      name: fc.option(text),
    }),
    { maxLength: 6 },
  ),
  tools: fc.option(
    fc.array(
      text.map(name => ({ type: 'function', function: { name } })),
      { maxLength: 2 },
    ),
  ),
});

/** Any UTF-16 unit, so lone surrogates too. */
function codeUnit(): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit));
}

describe('byteBound', () => {
  it('is never below the count', async () => {
    await fc.assert(
      fc.asyncProperty(request, async sample => {
        const count = promptTokens(sample, await textCounter(familyOf(sample.model).encoding));
        expect(byteBound(sample)).toBeGreaterThanOrEqual(count);
      }),
      { numRuns: 300 },
    );
  });

  it('counts the bytes of UTF-8, a lone surrogate as the three of U+FFFD', () => {
    fc.assert(
      fc.property(text, content => {
        const sample = (of: string): Countable => ({ model: 'other', messages: [{ role: 'user', content: of }] });
        expect(byteBound(sample(content)) - byteBound(sample(''))).toBe(Buffer.byteLength(content));
      }),
      { numRuns: 500 },
    );
  });
});

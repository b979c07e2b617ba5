import fc from 'fast-check';
import { type ChatMessage, fitMessages, splitText, type TokenCounter } from 'rx-groq';
import { firstValueFrom, of, toArray } from 'rxjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { blocksOf } from '../../src/estimate/blocks.js';
import { byteBound } from '../../src/estimate/byteBound.js';
import { familyOf } from '../../src/estimate/families.js';
import { promptTokens } from '../../src/estimate/promptParts.js';
import { type TextCounter, textCounter } from '../../src/estimate/textCounter.js';
import type { Encoding } from '../../src/estimate/vocabularies.js';
import { longest, runs } from './plan.js';

/* What holds for every text and every prompt, by the vocabularies that count. */

const encodings = ['o200k_base', 'cl100k_base', 'llama3', 'qwen'] as const;
const counters = new Map<Encoding, TextCounter>();
beforeAll(async () => {
  for (const encoding of encodings) counters.set(encoding, await textCounter(encoding));
});
const models = ['openai/gpt-oss-20b', 'llama-3.1-8b-instant', 'llama3-70b-8192', 'qwen/qwen3-32b', 'gpt-4o', 'other'];
const ofModel: TokenCounter = request => promptTokens(request, counters.get(familyOf(request.model).encoding)!);
const bytes = (text: string): number => Buffer.byteLength(text);

const word = fc.constantFrom(
  'the ',
  'Größe ',
  'слово ',
  '한국어 ',
  '漢字',
  "don't ",
  'x',
  ' ',
  '\n',
  '\n\n  ',
  '!?',
  "'r",
);
const odd = fc.constantFrom(
  '\ud83d',
  '\ude00',
  '😀',
  '👩‍💻',
  '<|eot_id|>',
  '\0',
  '7',
  '1234567',
  'e\u0301',
  '?!;/',
  'का',
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.oneof(word, odd), { maxLength: 30 }).map(parts => parts.join('')),
);
/** Of several blocks, with and without places to cut. */
const long = fc
  .tuple(fc.array(fc.oneof({ weight: 3, arbitrary: word }, odd), { minLength: 1, maxLength: 12 }), fc.nat(12_000))
  .map(([parts, length]) => parts.join('').repeat(1 + length / Math.max(1, parts.join('').length)));
const encoding = fc.constantFrom(...encodings);
const holds = (...property: Parameters<typeof fc.assert>): void => void fc.assert(...property);

describe('the tokens of a text', { timeout: longest }, () => {
  test('are a whole number, none of the empty text alone, and never more than its bytes', () => {
    holds(
      fc.property(encoding, text, (name, sample) => {
        const tokens = counters.get(name)!(sample);
        expect(Number.isSafeInteger(tokens)).toBe(true);
        expect(tokens > 0).toBe(sample !== '');
        expect(tokens).toBeLessThanOrEqual(bytes(sample));
      }),
      runs(300),
    );
  });

  test('are not lowered by more than those of its last word and the blanks about it by what is appended, their bound not at all', () => {
    // "won" and "'t" are two tokens, "won't" may be one: no tokenizer of merged pairs is monotone to the letter.
    const bound = (content: string) => byteBound({ model: 'other', messages: [{ role: 'user', content }] });
    holds(
      fc.property(encoding, text, text, (name, before, after) => {
        const count = counters.get(name)!;
        const [tail = ''] = /\s*\S*\s*$/u.exec(before) ?? [];
        expect(count(before + after)).toBeGreaterThanOrEqual(count(before) - count(tail));
        expect(bound(before + after)).toBeGreaterThanOrEqual(bound(before));
      }),
      runs(500),
    );
  });

  test('are those of its blocks together, and beyond `atMost` at least that many', () => {
    holds(
      fc.property(encoding, long, fc.nat(5000), (name, sample, atMost) => {
        const count = counters.get(name)!;
        const blocks = [...blocksOf(sample)];
        expect(blocks.join('')).toBe(sample);
        expect(Math.max(...blocks.map(block => block.length))).toBeLessThanOrEqual(4096);
        const tokens = count(sample);
        expect(blocks.reduce((sum, block) => sum + count(block), 0)).toBe(tokens);
        const stopped = count(sample, atMost);
        if (tokens <= atMost) expect(stopped).toBe(tokens);
        else expect(stopped > atMost && stopped <= tokens).toBe(true);
      }),
      runs(40),
    );
  });
});

describe('the tokens of a prompt', { timeout: longest }, () => {
  const message = fc.record({ role: fc.constantFrom('user', 'assistant', 'tool', 'system'), content: text });
  const talk = fc.array(message, { maxLength: 5 });

  test('are those of its messages together, and what begins it once', () => {
    holds(
      fc.property(fc.constantFrom(...models), talk, talk, (model, before, after) => {
        const tokens = (messages: readonly ChatMessage[]) => ofModel({ model, messages }) as number;
        // A system prompt in the first place goes into what begins it; elsewhere it is a message.
        const rest =
          before.length > 0 && after[0]?.role === 'system'
            ? [{ role: 'user', content: after[0].content }, ...after.slice(1)]
            : after;
        expect(tokens([...before, ...rest])).toBe(tokens(before) + tokens(rest) - tokens([]));
        expect(tokens([...before, ...rest])).toBeGreaterThanOrEqual(tokens(before));
      }),
      runs(150),
    );
  });

  test('fitMessages never has more than it may, and is too large only where that is so of what stays', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...models),
        fc.array(message, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 250 }),
        async (model, messages, maxTokens) => {
          const fitting = of({ model, messages }).pipe(fitMessages({ maxTokens, tokenCounter: ofModel }));
          const fitted = await firstValueFrom(fitting).catch(error => {
            expect(error).toMatchObject({ kind: 'request_too_large', limit: maxTokens });
            expect(error.requested).toBeGreaterThan(maxTokens);
          });
          if (!fitted) return;
          expect(fitted.tokens).toBe(ofModel(fitted.request));
          expect(fitted.tokens).toBeLessThanOrEqual(maxTokens);
        },
      ),
      runs(60),
    );
  });

  test('splitText loses nothing and no piece has more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...models),
        text,
        fc.integer({ min: 8, max: 40 }),
        async (model, sample, maxTokens) => {
          const pieces = await firstValueFrom(
            of(sample).pipe(splitText({ maxTokens, model, tokenCounter: ofModel }), toArray()),
          );
          expect(pieces.join('')).toBe(sample);
          for (const piece of pieces)
            expect(counters.get(familyOf(model).encoding)!(piece)).toBeLessThanOrEqual(maxTokens);
        },
      ),
      runs(60),
    );
  });
});

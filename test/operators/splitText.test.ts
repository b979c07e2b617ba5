import fc from 'fast-check';
import { splitText, type TokenCounter } from 'rx-groq';
import { firstValueFrom, from, of, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { textCounter } from '../../src/estimate/textCounter.js';

/** A token a UTF-16 unit, 7 around. */
const units: TokenCounter = ({ messages }) => 7 + String(messages[0]?.content).length;
const split = (chunks: readonly string[], maxTokens: number, overlap = 0, tokenCounter = units) =>
  firstValueFrom(from(chunks).pipe(splitText({ maxTokens, overlap, tokenCounter }), toArray()));

/** In chunks, cut anywhere. */
function chunked(text: string, lengths: readonly number[]): string[] {
  const chunks: string[] = [];
  for (let at = 0, index = 0; at < text.length; index++) {
    const length = lengths[index % lengths.length] ?? text.length;
    chunks.push(text.slice(at, at + length));
    at += length;
  }
  return chunks;
}

const text = fc.oneof(
  fc.lorem({ maxCount: 60, mode: 'sentences' }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({
    unit: fc.constantFrom('a', 'bc ', '\n', '\n\n', '. ', '漢', '。', '😀', '\ud83d', '👩‍👩‍👧‍👦', '\r\n'),
    maxLength: 400,
  }),
);
const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

describe('splitText', () => {
  it('ends pieces with paragraphs, else sentences, else words', async () => {
    expect(await split(['One two.\n\nThree four.'], 16)).toEqual(['One two.\n\n', 'Three four.']);
    expect(await split(['One two three. Four five six.'], 20)).toEqual(['One two three. ', 'Four five six.']);
    expect(await split(['one two three four five'], 12)).toEqual(['one two ', 'three four ', 'five']);
  });

  it('repeats the end of a piece, from a word on', async () => {
    expect(await split(['one two three four five six'], 15, 6)).toEqual([
      'one two three ',
      'three four ',
      'four five six',
    ]);
  });

  it('loses nothing and is never over its budget, the same however the text comes', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 8, max: 60 }), lengths, async (sample, maxTokens, cuts) => {
        const pieces = await split([sample], maxTokens);
        expect(pieces.join('')).toBe(sample);
        expect(pieces.filter(piece => piece.length > maxTokens || piece === '')).toEqual([]);
        expect(await split(chunked(sample, cuts), maxTokens)).toEqual(pieces);
      }),
      { numRuns: 200 },
    );
  });

  it('never tears a surrogate pair, nor a grapheme that fits into a piece', async () => {
    const longest = 8;
    const grapheme = fc.constantFrom('a', ' ', '😀', 'e\u0301', '🇩🇪', '👍🏽', '\r\n', 'க்ஷி', '. ', '\n\n');
    await fc.assert(
      fc.asyncProperty(
        fc.array(grapheme, { maxLength: 150 }),
        fc.integer({ min: longest, max: 40 }),
        async (parts, maxTokens) => {
          const sample = parts.join('');
          const starts = new Set(Array.from(new Intl.Segmenter().segment(sample), ({ index }) => index));
          let at = 0;
          for (const piece of await split([sample], maxTokens)) {
            expect(starts).toContain(at);
            at += piece.length;
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('overlaps by no more than it is told, goes on, and reaches the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 8, max: 60 }),
        fc.nat(30),
        async (count, maxTokens, most) => {
          const sample = Array.from({ length: count }, (_, n) => `w${n}`).join(' ');
          const overlap = Math.min(most, Math.floor(maxTokens / 2));
          let end = 0;
          for (const piece of await split([sample], maxTokens, overlap)) {
            expect(piece.length).toBeLessThanOrEqual(maxTokens);
            // Words differ, so a piece has one place: the last that begins by the end of the one before.
            const at = sample.lastIndexOf(piece, end);
            expect(at).toBeGreaterThanOrEqual(end - overlap);
            expect(at + piece.length).toBeGreaterThan(end);
            end = at + piece.length;
          }
          expect(end).toBe(sample.length);
        },
      ),
    );
  });

  it('counts each piece a bounded number of times, however long the text', async () => {
    let counted = 0;
    const counter: TokenCounter = request => {
      counted += String(request.messages[0]?.content).length;
      return units(request);
    };
    const perUnit = async (length: number): Promise<number> => {
      counted = 0;
      await split(['some words and no end of them, '.repeat(length / 31)], 500, 50, counter);
      return counted / length;
    };
    const short = await perUnit(31_000);
    expect(short).toBeLessThan(6);
    expect(await perUnit(310_000)).toBeLessThan(1.2 * short);
  });

  it('emits while the text still comes', () => {
    const source = new Subject<string>();
    const pieces: string[] = [];
    source.pipe(splitText({ maxTokens: 10, tokenCounter: units })).subscribe(piece => pieces.push(piece));
    source.next('words and '.repeat(20));
    expect(pieces.length).toBeGreaterThan(2);
  });

  it('of real tokens fills its pieces well', async () => {
    const count = await textCounter('o200k_base');
    const sample = 'The quick brown fox jumps over the lazy dog. Größere Änderungen, 今天天气很好。 '.repeat(300);
    const pieces = await firstValueFrom(of(sample).pipe(splitText({ maxTokens: 200 }), toArray()));
    expect(pieces.join('')).toBe(sample);
    const counts = pieces.map(piece => count(piece));
    expect(Math.max(...counts)).toBeLessThanOrEqual(200);
    expect(Math.min(...counts.slice(0, -1))).toBeGreaterThan(100);
  });

  it.each([
    { maxTokens: 7 },
    { maxTokens: 10, overlap: 6 },
    { maxTokens: 10, overlap: -1 },
    { maxTokens: Number.POSITIVE_INFINITY },
  ])('takes no %s', options => {
    expect(() => splitText(options)).toThrow(TypeError);
  });
});

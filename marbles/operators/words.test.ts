import fc from 'fast-check';
import { words } from 'rx-groq';
import { describe, expect, test } from 'vitest';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { cut, piecesThrough, piecesThroughReentrant, places } from '../support/pieces.js';
import { standardCases } from '../support/standardCases.js';

standardCases('words', words, {
  values: { a: 'a ', b: chunk('b '), c: 'c ' },
  results: { a: 'a', b: ' b', c: ' c', s: ' ' },
  never: '  -',
  empty: '  |',
  one: '    --a(s|)',
  many: '   -a-b-c(s|)',
  error: '  -a-b-#',
  endless: '-a-b-c-',
  madeForTwo: 2,
  reentrant: ['a', ' b', ' '],
});

marbles('words leave when the space after them has come', ({ cold, expectObservable, expectSubscriptions }) => {
  const source = cold('a-b-c-d|', { a: 'Hel', b: 'lo wor', c: 'ld', d: '!' });
  const subs = '       ^------!';
  const expected = '   --x----(y|)';
  expectObservable(source.pipe(words())).toBe(expected, { x: 'Hello', y: ' world!' });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

test.each([
  ['one two  three', ['one', ' two', '  three']],
  ["It's 3.14, isn't it?\n\nYes.", ["It's", ' 3.14,', " isn't", ' it?', '\n\nYes.']],
  ['你好，世界。OK', ['你', '好，', '世', '界。', 'OK']],
  ['日本語のテキスト', [...'日本語のテキスト']],
  ['Größe ÉTÉ 🦀🦀 x', ['Größe', ' ÉTÉ', ' 🦀🦀', ' x']],
  ['𠀀𠀁', ['𠀀', '𠀁']],
  // What belongs to the character before it: U+FE0F of an emoji, a voicing mark, a variant of a name's character.
  ['愛❤\ufe0f。か\u3099き葛\u{e0100}', ['愛❤\ufe0f。', 'か\u3099', 'き', '葛\u{e0100}']],
  // Characters that are no letters, the radical ⺀ and ㋐: the same, whatever stands before them.
  ['.⺀ㇰ+㋐', ['.', '⺀', 'ㇰ+', '㋐']],
  ['  lead', ['  lead']],
  ['trail ', ['trail', ' ']],
  ['', []],
])('words of %j', (text, expected) => {
  expect(piecesThrough([text], words())).toEqual(expected);
  expect(piecesThrough(text.split(''), words())).toEqual(expected);
});

const text = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '\n', '.', '世', 'か', '🦀', '𠀀', 'é', '1', "'", '\u3099', '\ufe0f', '⺀'),
  maxLength: 40,
});

describe('words, whatever the text and its pieces,', () => {
  test('are the same wherever it was cut, and joined they are the text', () => {
    fc.assert(
      fc.property(text, places, (whole, at) => {
        const result = piecesThrough(cut(whole, at), words());
        expect(result).toEqual(piecesThrough([whole], words()));
        expect(result.join('')).toBe(whole);
        expect(result.slice(0, -1).every(word => /\S/.test(word))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

test('words waits in linear time for a space that does not come', () => {
  expect(piecesThrough(new Array<string>(100_000).fill('x'.repeat(20)), words())).toEqual(['x'.repeat(2_000_000)]);
});

test('words keep their order where who hears of the first brings more text', () => {
  expect(piecesThroughReentrant('one two three ', 'four five', words())).toEqual([
    'one',
    ' two',
    ' three',
    ' four',
    ' five',
  ]);
});

import fc from 'fast-check';
import { sentences } from 'rx-groq';
import { describe, expect, test } from 'vitest';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { cut, piecesThrough, piecesThroughReentrant, places } from '../support/pieces.js';
import { standardCases } from '../support/standardCases.js';

// Each shows that the one before it was whole.
standardCases('sentences', sentences, {
  values: { a: 'One! ', b: chunk('Two! '), c: 'Three!' },
  results: { a: 'One!', b: ' Two!', c: ' Three!', d: 'One! ' },
  never: '  -',
  empty: '  |',
  one: '    ---(d|)',
  many: '   ---a-b(c|)',
  error: '  ---a-#',
  endless: '---a-b-',
  madeForTwo: 3,
  reentrant: ['One! '],
});

marbles('sentences leave when the word after them begins', ({ cold, expectObservable, expectSubscriptions }) => {
  const source = cold('a-b-c-d|', { a: 'Hi the', b: 're. ', c: 'How are', d: ' you?' });
  const subs = '       ^------!';
  const expected = '   ----x--(y|)';
  expectObservable(source.pipe(sentences())).toBe(expected, { x: 'Hi there.', y: ' How are you?' });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

test.each([
  ['It is 3.14. Really!? "Yes." (No.) Ok…  Well', ['It is 3.14.', ' Really!?', ' "Yes."', ' (No.)', ' Ok…', '  Well']],
  ['Dr. Smith, e.g. J. K. Rowling, came. He left.', ['Dr. Smith, e.g. J. K. Rowling, came.', ' He left.']],
  ['See example.com/a.b for more. Then go.', ['See example.com/a.b for more.', ' Then go.']],
  ['Wait... what? Yes.', ['Wait... what?', ' Yes.']],
  ['1. First item\n2. Second. More\n', ['1. First item', '\n2. Second.', ' More', '\n']],
  ['It was in 1999. Then it ended.', ['It was in 1999.', ' Then it ended.']],
  ['# Title\n\nText here.', ['# Title', '\n\nText here.']],
  ['你好。今天怎么样？「好！」他说。', ['你好。', '今天怎么样？', '「好！」', '他说。']],
  ['Das ist z. B. so. Gut.', ['Das ist z. B. so.', ' Gut.']],
  ['Ist das so? ja. Über alles.', ['Ist das so?', ' ja.', ' Über alles.']],
  ['The answer is no. Next.', ['The answer is no.', ' Next.']],
  ['كيف حالك؟ بخير. شكرا', ['كيف حالك؟', ' بخير.', ' شكرا']],
  ['वह आया। वह गया॥ अंत', ['वह आया।', ' वह गया॥', ' अंत']],
  ['وہ آیا۔ وہ گیا۔', ['وہ آیا۔', ' وہ گیا۔']],
  ['no end', ['no end']],
  ['', []],
])('sentences of %j', (text, expected) => {
  expect(piecesThrough([text], sentences())).toEqual(expected);
  expect(piecesThrough(text.split(''), sentences())).toEqual(expected);
});

const text = fc.string({
  unit: fc.constantFrom('a', 'B', ' ', '\n', '.', '!', '?', '…', '。', '"', ')', '1', 'Dr', '🦀', '世'),
});

describe('sentences, whatever the text and its pieces,', () => {
  test('are the same wherever it was cut, and joined they are the text', () => {
    fc.assert(
      fc.property(text, places, (whole, at) => {
        const result = piecesThrough(cut(whole, at), sentences());
        expect(result).toEqual(piecesThrough([whole], sentences()));
        expect(result.join('')).toBe(whole);
        expect(result.slice(0, -1).every(sentence => /\S/.test(sentence))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

test('sentences waits in linear time for an end that does not come', () => {
  expect(piecesThrough(new Array<string>(50_000).fill('x'.repeat(20)), sentences())).toEqual(['x'.repeat(1_000_000)]);
});

test('sentences keep their order where who hears of the first brings more text', () => {
  expect(piecesThroughReentrant('One is. Two is. Three', ' is. Four.', sentences())).toEqual([
    'One is.',
    ' Two is.',
    ' Three is.',
    ' Four.',
  ]);
});

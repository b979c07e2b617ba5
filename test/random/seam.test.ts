import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seamAfter } from '../../src/client/seam.js';

/** What is added to the text by what goes on, in these pieces. */
function join(text: string, pieces: readonly string[]): string {
  const seam = seamAfter(text);
  return text + pieces.map(piece => seam.add(piece) ?? '').join('') + seam.end();
}

const cuts = (text: string, places: readonly number[]): string[] => {
  const at = [...new Set([0, ...places.map(place => Math.floor(place * text.length)), text.length])].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => text.slice(at[index], end));
};
const share = fc.double({ min: 0, max: 1, noNaN: true });
const places = fc.array(share, { maxLength: 8 });
/** No ten characters of it are there twice. */
const textWithoutRepetition = fc
  .integer({ min: 40, max: 300 })
  .map(length => Array.from({ length }, (_, index) => String.fromCharCode(0x4e00 + index)).join(''));

describe('a text that breaks off and goes on', () => {
  test('is the whole text, wherever it broke, however much is said again, in whatever pieces', () => {
    fc.assert(
      fc.property(textWithoutRepetition, share, share, places, (whole, brokeAt, again, pieces) => {
        const text = whole.slice(0, Math.max(1, Math.floor(brokeAt * whole.length)));
        const back = Math.floor(again * text.length);
        // Less than ten characters may be the language's own repetition.
        fc.pre(back === 0 || back === text.length || back >= 10);
        expect(join(text, cuts(whole.slice(text.length - back), pieces))).toBe(whole);
      }),
    );
  });

  test('loses nothing that is no repetition, and what it adds is the end of what came', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 }),
        fc.string({ unit: fc.constantFrom('a', 'b') }),
        places,
        (text, more, pieces) => {
          fc.pre(text !== '');
          const joined = join(text, cuts(more, pieces));
          expect(joined.startsWith(text)).toBe(true);
          const added = joined.slice(text.length);
          expect(more.endsWith(added)).toBe(true);
          const removed = more.slice(0, more.length - added.length);
          expect(text.endsWith(removed)).toBe(true);
          expect(removed === '' || removed.length >= Math.min(10, text.length)).toBe(true);
        },
      ),
    );
  });

  test('a short repetition is the language’s own', () => {
    expect(join('It said: no, ', ['no, ', 'never.'])).toBe('It said: no, no, never.');
    expect(join('He', ['llo'])).toBe('Hello');
    expect(join('hel', ['lo'])).toBe('hello');
  });
});

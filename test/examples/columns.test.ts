import { describe, expect, it } from 'vitest';
import { clip, oneLine, padEnd, padStart, widthOf, wrap } from '../../examples/main-job/columns.js';
import { bar, coloured, plain } from '../../examples/main-job/style.js';

describe('columns of a terminal', () => {
  it.each([
    ['plain', 5],
    ['naïve', 5],
    ['nai\u0308ve', 5],
    ['日本語', 6],
    ['👩‍👩‍👧 ok', 5],
    ['✔ ▸ █', 5],
    [coloured('red', 'red'), 3],
  ])('%s takes %d', (text, width) => {
    expect(widthOf(text)).toBe(width);
    expect(widthOf(padEnd(text, 9))).toBe(9);
    expect(widthOf(padStart(text, 9))).toBe(9);
  });

  it.each([
    ['fits', 4, 'fits'],
    ['does not', 5, 'does…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    [`${coloured('red', 'ab')}cdef`, 4, `${coloured('red', 'ab')}c…`],
    [coloured('red', 'abcdef'), 3, coloured('red', 'ab…')],
  ])('%s, clipped at %d', (text, width, clipped) => {
    expect(clip(text, width)).toBe(clipped);
    expect(widthOf(clip(text, width))).toBeLessThanOrEqual(width);
  });

  it('wraps at words, and cuts what is no word', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('one incomprehensibilities two', 6)).toEqual(['one', 'incom…', 'two']);
  });

  it('takes out of an answer all that could move the cursor or turn the text round', () => {
    expect(oneLine('a\u001B[2J\u001B[1;1Hb\r\n\tc\u0007\u202Ed\u0000 ')).toBe('ab c d');
  });
});

describe('bar', () => {
  it.each([
    [0, '░░░░'],
    [0.001, '▏░░░'],
    [0.5, '██░░'],
    [0.53, '██▏░'],
    [1, '████'],
    [1.7, '████'],
  ])('of %d', (share, drawn) => {
    expect(bar(share, 4, plain)).toBe(drawn);
  });
});

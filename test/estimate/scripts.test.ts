import { describe, expect, it } from 'vitest';
import { scriptsOf } from '../../src/estimate/index.js';

const of = (...texts: string[]) =>
  scriptsOf({ model: 'm', messages: texts.map(content => ({ role: 'user', content })) });
/** How many characters of which group. */
const found = (text: string) => of(text).flatMap((count, group) => (count > 0 ? [[group, count]] : []));

describe('scriptsOf', () => {
  it.each([
    ['plain', []],
    ['1234', [[0, 4]]],
    [' \n', [[1, 2]]],
    ['ßéłệ', [[2, 4]]],
    ['Привет', [[3, 6]]],
    ['שלום', [[4, 4]]],
    ['अनुरोध', [[5, 6]]],
    ['❤', [[6, 1]]],
    ['この', [[7, 2]]],
    ['漢字', [[8, 2]]],
    ['한국어', [[9, 3]]],
    ['😀', [[10, 2]]],
  ])('of %j is %j', (text, groups) => {
    expect(found(text)).toEqual(groups);
  });

  it('adds the texts of a prompt up', () => {
    expect(of('слово 1', 'слово').slice(0, 4)).toEqual([1, 1, 0, 10]);
  });

  it('looks at some of a long text, and takes them for all', () => {
    const [digits, blanks, , cyrillic] = of('слово 12 '.repeat(100_000));
    expect(digits! / 200_000).toBeCloseTo(1, 1);
    expect(blanks! / 200_000).toBeCloseTo(1, 1);
    expect(cyrillic! / 500_000).toBeCloseTo(1, 1);
  });
});

import { describe, expect, it } from 'vitest';
import { countMemo } from '../../src/estimate/countMemo.js';

describe('countMemo', () => {
  it('drops what has not been used for longest when there are too many texts', () => {
    const memo = countMemo(2);
    memo.set('a', 1);
    memo.set('b', 2);
    expect(memo.get('a')).toBe(1);
    memo.set('c', 3);
    expect([memo.get('a'), memo.get('b'), memo.get('c')]).toEqual([1, undefined, 3]);
  });

  it('holds no more text than it may, and none that alone is too long', () => {
    const memo = countMemo(100, 10);
    memo.set('12345', 1);
    memo.set('abcde', 2);
    memo.set('abcde', 3);
    expect([memo.get('12345'), memo.get('abcde')]).toEqual([1, 3]);
    memo.set('x', 4);
    expect([memo.get('12345'), memo.get('abcde'), memo.get('x')]).toEqual([undefined, 3, 4]);
    memo.set('longer than ten', 5);
    expect(memo.get('longer than ten')).toBeUndefined();
  });

  it('remembers the empty text', () => {
    const memo = countMemo();
    memo.set('', 0);
    expect(memo.get('')).toBe(0);
  });
});

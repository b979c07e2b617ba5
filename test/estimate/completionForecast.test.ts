import { describe, expect, it } from 'vitest';
import { completionForecast } from '../../src/estimate/index.js';

describe('completionForecast', () => {
  it('says 1024 until answers have come, or what is given', () => {
    expect(completionForecast().forecast('m')).toBe(1024);
    expect(completionForecast(200).forecast('m')).toBe(200);
  });

  it('is not taken in by one short answer', () => {
    const lengths = completionForecast();
    lengths.observe('m', 3);
    expect(lengths.forecast('m')).toBe(1024);
  });

  it('is the longest of the first nine answers, then what nine of ten do not exceed', () => {
    const lengths = completionForecast();
    for (let tokens = 1; tokens <= 9; tokens++) lengths.observe('m', tokens);
    expect(lengths.forecast('m')).toBe(9);
    for (let tokens = 10; tokens <= 100; tokens++) lengths.observe('m', tokens);
    // The newest 64 are 37 … 100; of them 58 are at most 94.
    expect(lengths.forecast('m')).toBe(94);
  });

  it('follows a model whose answers change, within 64 of them', () => {
    const lengths = completionForecast();
    for (let answer = 0; answer < 200; answer++) lengths.observe('m', 50);
    expect(lengths.forecast('m')).toBe(50);
    for (let answer = 0; answer < 64; answer++) lengths.observe('m', 900);
    expect(lengths.forecast('m')).toBe(900);
  });

  it('keeps models apart', () => {
    const lengths = completionForecast();
    for (let answer = 0; answer < 64; answer++) lengths.observe('short', 10);
    expect(lengths.forecast('short')).toBe(10);
    expect(lengths.forecast('other')).toBe(1024);
  });

  it('forecasts by kind once ten answers of it are known, and by model until then', () => {
    const { observe, forecast } = completionForecast(1000);
    for (let answers = 0; answers < 9; answers++) observe('m', 10, 'short');
    expect(forecast('m', 'short')).toBe(forecast('m'));
    observe('m', 10, 'short');
    for (let answers = 0; answers < 10; answers++) observe('m', 900, 'long');
    expect(forecast('m', 'short')).toBe(10);
    expect(forecast('m', 'long')).toBe(900);
    expect(forecast('m', 'other')).toBe(forecast('m'));
    expect(forecast('n', 'short')).toBe(1000);
  });

  it('forgets the kind that has not been seen for longest, where there are very many', () => {
    const { observe, forecast } = completionForecast(1000);
    for (let answers = 0; answers < 10; answers++) observe('m', 10, 'first');
    for (let other = 0; other < 300; other++) observe('m', 500, `kind ${other}`);
    expect(forecast('m', 'first')).toBe(500);
  });
});

import { describe, expect, it } from 'vitest';
import { actualCost, capOf, toCost } from '../../src/estimate/index.js';

const usage = {
  prompt_tokens: 1109,
  completion_tokens: 104,
  total_tokens: 1213,
  prompt_tokens_details: { cached_tokens: 1000 },
};

describe('cost', () => {
  it('counts a request, its tokens together, and those in and out', () => {
    expect(toCost(1109, 800)).toEqual({ requests: 1, tokens: 1909, input_tokens: 1109, output_tokens: 800 });
  });

  it('takes the cap from either of its names, the newer first', () => {
    expect(capOf({ max_completion_tokens: 10, max_tokens: 20 })).toBe(10);
    expect(capOf({ max_completion_tokens: null, max_tokens: 20 })).toBe(20);
    expect(capOf({ max_tokens: null })).toBeUndefined();
    expect(capOf({})).toBeUndefined();
  });

  const given = toCost(109, 104);
  const kept = toCost(1109, 800);
  const cachedGiven = toCost(109, 800);
  it.each([
    ['usage', false, given],
    ['usage', true, given],
    ['never', false, kept],
    ['never', true, kept],
    ['learn', false, cachedGiven],
    ['learn', true, given],
  ] as const)('refund %s, a refund seen: %s', (refund, learnedRefund, cost) => {
    expect(actualCost(usage, { cap: 800, refund, learnedRefund })).toEqual(cost);
  });

  it('counts the answer where nothing was capped, whatever the refund', () => {
    expect(actualCost(usage, { refund: 'never', learnedRefund: false })).toEqual(toCost(1109, 104));
  });

  it('takes usage without details', () => {
    const plain = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    expect(actualCost(plain, { refund: 'usage', learnedRefund: false })).toEqual(toCost(10, 5));
  });
});

/** Two windows, one of each kind, and what an item takes of them. */

/** @param {import('../inputs.js').Item} item */
export const tokensOf = ({ tokens }) => ({ tokens });

/** They never bind. */
export const open = windows(1e9, 1e12);
/** Nothing goes. */
export const closed = windows(0, 0);

/**
 * @param {number} requests
 * @param {number} tokens
 * @returns {import('../../dist/index.js').RateWindow[]}
 */
function windows(requests, tokens) {
  return [
    { limit: requests, per: '1m' },
    { limit: tokens, per: '1m', unit: 'tokens', kind: 'bucket' },
  ];
}

/**
 * Servers whose tokenizer and template are not ours, and what they are asked.
 *
 * @typedef {object} Load
 * @property {string} model
 * @property {number} factor between the server's tokens and ours
 * @property {boolean} refund whether the server gives back what of a cap an answer did not use
 */

/** What the server's template has beside ours. */
export const template = 35;
/** A window, in tokens and ms. */
export const limit = 12_000;
export const windowMs = 8000;
/** How long it is measured, in windows, after the answers that teach. */
export const windowsMeasured = 3;

/** @type {readonly Load[]} */
export const loads = ['openai/gpt-oss-20b', 'acme/model-1'].flatMap(model =>
  [0.8, 1.2].flatMap(factor => [false, true].map(refund => ({ model, factor, refund }))),
);

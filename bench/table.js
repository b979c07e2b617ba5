/** Tables in Markdown, and bounds. */

/**
 * @typedef {{ text: string, over: boolean }} Cell
 *
 * A figure that is promised not to be above `bound`.
 * @param {number} value
 * @param {number} bound
 * @param {(value: number) => string} format
 * @returns {Cell}
 */
export function bounded(value, bound, format) {
  const over = !(value <= bound);
  return { text: `**${format(value)}** (at most ${format(bound)}: ${over ? '✗ OVER' : '✓ ok'})`, over };
}

/**
 * A figure that is promised not to be below `bound`.
 * @param {number} value
 * @param {number} bound
 * @param {(value: number) => string} format
 * @returns {Cell}
 */
export function atLeast(value, bound, format) {
  const over = !(value >= bound);
  return { text: `**${format(value)}** (at least ${format(bound)}: ${over ? '✗ UNDER' : '✓ ok'})`, over };
}

/**
 * A figure of somebody else, for comparison.
 * @param {number | undefined} value
 * @param {(value: number) => string} format
 * @returns {string}
 */
export function compared(value, format) {
  return value === undefined ? '–' : format(value);
}

/**
 * @typedef {{ text: string, over: number }} Table
 *
 * @param {string} title
 * @param {readonly string[]} head
 * @param {readonly (readonly (string | Cell)[])[]} rows
 * @returns {Table}
 */
export function table(title, head, rows) {
  const line = (/** @type {readonly (string | Cell)[]} */ cells) =>
    `| ${cells.map(cell => (typeof cell === 'string' ? cell : cell.text)).join(' | ')} |`;
  const over = rows.flat().filter(cell => typeof cell !== 'string' && cell.over).length;
  return { text: [`### ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'), over };
}

/** A process of simulators, one for each cell: the judges, on a clock and a thread of their own. */

import { startSimulator } from '../../dist/simulator/index.js';
import { limits, windowOf } from './cells.js';

/** @type {import('../../dist/simulator/index.js').Simulator[]} */
const simulators = [];

process.on('message', async message => {
  const { cells } = /** @type {{ cells?: import('./cells.js').Cell[] }} */ (message);
  if (cells) {
    for (const simulator of simulators.splice(0)) await simulator.close();
    for (const cell of cells) simulators.push(await startSimulator(optionsOf(cell)));
    process.send?.(simulators.map(({ url }) => url));
  } else {
    process.send?.(simulators.map(logOf));
  }
});
process.on('disconnect', () => process.exit());

/** @param {import('./cells.js').Cell} cell */
function optionsOf(cell) {
  const none = { rpm: -1, rpd: -1, tpm: -1, tpd: -1 };
  const window = cell.bound === 'requests' ? { rpm: limits.requests } : { tpm: limits.tokens };
  return {
    counting: cell.counting,
    timeScale: 60_000 / windowOf(cell),
    delayBefore: cell.delay,
    delayAfter: cell.delay,
    tokensPerSecond: Number.POSITIVE_INFINITY,
    limits: { '*': { ...none, ...window } },
    countTokens: (/** @type {readonly { content?: unknown }[]} */ messages) =>
      messages.reduce((sum, { content }) => sum + Math.ceil(String(content).length / 4), 0),
  };
}

/** @param {import('../../dist/simulator/index.js').Simulator} simulator */
function logOf(simulator) {
  return simulator.requests().map(({ arrival, counted, requested, outcome, refusedBy }) => ({
    arrival,
    counted,
    tokens: requested.input + requested.output,
    refused: outcome === 'refused' || refusedBy !== null,
  }));
}

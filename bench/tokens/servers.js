/** A process of simulators, one for each load: the judges, on a clock and a thread of their own. */

import { byteBound } from '../../dist/estimate/index.js';
import { textCounter } from '../../dist/estimate/textCounter.js';
import { startSimulator } from '../../dist/simulator/index.js';
import { limit, loads, template, windowMs } from './loads.js';

const count = await textCounter('o200k_base');
const none = { rpm: -1, rpd: -1, tpd: -1 };

const simulators = await Promise.all(
  loads.map(({ model, factor, refund }) =>
    startSimulator({
      counting: 'bucket',
      refund,
      timeScale: 60_000 / windowMs,
      delayBefore: [5, 40],
      delayAfter: [5, 40],
      tokensPerSecond: 2000,
      limits: { '*': none, [model]: { ...none, tpm: limit } },
      countTokens: messages => {
        const texts = messages.reduce((sum, { content }) => sum + count(String(content)), 0);
        // Our own template is what a prompt without a text has.
        const emptied = messages.map(message => ({ ...message, content: '' }));
        const empty = byteBound({ model, messages: /** @type {never} */ (emptied) });
        return Math.round(factor * texts) + empty + template;
      },
    }),
  ),
);

process.on('message', () => {
  process.send?.(simulators.map(simulator => simulator.requests()));
});
process.on('disconnect', () => process.exit());
process.send?.(simulators.map(({ url }) => url));

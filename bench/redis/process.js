/**
 * `node process.js SUBJECT URL LIMIT PER`: one process of many, which does what it is told.
 * @typedef {{ keep: number } | { rate: number, seed: number } | { fill: number } | { take: true } | { heap: true }} Order
 * @typedef {{ went: number, waits: number[], heap: number }} Taken since the last time
 */

import { seeded } from '../inputs.js';
import { subjects } from './subjects.js';

const [name = '', url = '', limit, per] = process.argv.slice(2);
let keeping = false;
let went = 0;
/** @type {number[]} */
let waits = [];

const now = () => performance.timeOrigin + performance.now();
const open = subjects[name];
if (!open) throw new Error(`There is no subject "${name}"`);
const enter = await open(url, { limit: Number(limit), per: Number(per) }, at => {
  went++;
  waits.push(now() - at);
  if (keeping) enter(now());
});

process.on('message', message => {
  const order = /** @type {Order} */ (message);
  if ('keep' in order || 'fill' in order) {
    keeping = 'keep' in order;
    const count = 'keep' in order ? order.keep : order.fill;
    for (let entered = 0; entered < count; entered++) enter(now());
  }
  if ('rate' in order) come(order.rate, seeded(order.seed));
  if ('heap' in order) globalThis.gc?.();
  if ('take' in order || 'heap' in order) {
    process.send?.({ went, waits, heap: process.memoryUsage().heapUsed });
    went = 0;
    waits = [];
  }
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

/** They come as people do, without regard to each other. @param {number} rate a second @param {() => number} random */
function come(rate, random) {
  setTimeout(
    () => {
      enter(now());
      come(rate, random);
    },
    (-Math.log(1 - random()) * 1000) / rate,
  );
}

/** A process that counts long texts, and looks how long its event loop is held up: nothing else is in it that could. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { firstValueFrom, isObservable } from 'rxjs';
import { byteBound, workerTokenCounter } from '../../dist/estimate/index.js';

/** @typedef {{ name: string, delay: number, seconds: number, megabytes: number }} Measured */

const long = 10_000_000;
const binary = Array.from({ length: 1000 }, (_, at) => String.fromCharCode(at % 256)).join('');
const texts = {
  'one letter': 'a'.repeat(long),
  'no spaces': 'abcdefghij'.repeat(long / 10),
  binary: binary.repeat(long / 1000),
  emoji: '👩‍💻🎉'.repeat(long / 7),
  Chinese: '此限制适用于使用该密钥'.repeat(long / 11),
  prose: 'The bucket refills continuously. '.repeat(long / 33),
};
// In one piece, as a text that was read or received is.
for (const text of Object.values(texts)) text.charCodeAt(0);
const model = 'openai/gpt-oss-20b';
const counter = workerTokenCounter();

/** As a client counts: its bound, then its tokens. @param {string} content */
async function count(content) {
  const request = { model, messages: [{ role: 'user', content }] };
  byteBound(request);
  const tokens = counter.count(request);
  if (isObservable(tokens)) await firstValueFrom(tokens);
}

/** @param {string} name @param {number} megabytes @param {() => Promise<unknown>} act @returns {Promise<Measured>} */
async function measure(name, megabytes, act) {
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  globalThis.gc?.(); // what making the texts has left
  await wait(200);
  monitor.enable();
  const begin = performance.now();
  await act();
  const seconds = (performance.now() - begin) / 1000;
  await wait(20);
  monitor.disable();
  return { name, delay: monitor.max / 1e6, seconds, megabytes };
}

const measured = [
  await measure('nothing (idle)', 0, () => wait(1000)),
  await measure('the first count, thread and vocabulary included', 0, () => count('Hello')),
];
for (const [name, text] of Object.entries(texts)) {
  measured.push(await measure(name, Buffer.byteLength(text) / 1e6, () => count(text)));
}
await counter.release();
process.send?.(measured);
process.disconnect?.();

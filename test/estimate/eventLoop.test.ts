import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, isObservable } from 'rxjs';
import { expect, it } from 'vitest';
// As it is built: a thread starts from a file of JavaScript.
import { byteBound, workerTokenCounter } from '../../dist/estimate/index.js';

const texts = [
  ['prose', 'The quick brown fox jumps over the lazy dog. '.repeat(225_000)],
  ['one letter', 'a'.repeat(10_000_000)],
  ['ideographs without a break', '漢'.repeat(10_000_000)],
] as const;

it.each(texts)('leaves the event loop free while 10 MB are counted: %s', async (_what, content) => {
  // A machine that is busy just then can make it more, never less.
  const shares = [await longestTurn(content)];
  while (shares.at(-1)! >= 1 / 4 && shares.length < 3) shares.push(await longestTurn(`${shares.length}${content}`));
  // Some 10 ms of 700 on an idle machine, vocabulary included; counted here it would be nearly all.
  expect(Math.min(...shares)).toBeLessThan(1 / 4);
});

/** For how much of the time that counting takes the event loop stood still at a stretch. */
async function longestTurn(content: string): Promise<number> {
  const counter = workerTokenCounter();
  const request = { model: 'openai/gpt-oss-20b', messages: [{ role: 'user', content }] };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  while (delay.count === 0) await sleep(1); // it does not see what comes before its first look
  const begin = performance.now();
  byteBound(request);
  const count = counter.count(request, 131_072);
  if (!isObservable(count)) throw new Error('expected an Observable');
  const tokens = await firstValueFrom(count);
  delay.disable();
  const took = performance.now() - begin;
  await counter.release();
  expect(tokens).toBeGreaterThan(131_072);
  return delay.max / 1e6 / took;
}

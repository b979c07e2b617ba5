import { monitorEventLoopDelay } from 'node:perf_hooks';
import { firstValueFrom, isObservable } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
// As it is built: a thread starts from a file of JavaScript.
import { byteBound, workerTokenCounter } from '../../dist/estimate/index.js';

const texts = [
  ['prose', 'The quick brown fox jumps over the lazy dog. '.repeat(225_000)],
  ['one letter', 'a'.repeat(10_000_000)],
  ['ideographs without a break', '漢'.repeat(10_000_000)],
] as const;

it.each(texts)('leaves the event loop free while 10 MB are counted: %s', async (_what, content) => {
  const counter = workerTokenCounter();
  onTestFinished(() => counter.release());
  const request = { model: 'openai/gpt-oss-20b', messages: [{ role: 'user', content }] };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const begin = performance.now();
  delay.enable();
  byteBound(request);
  const count = counter.count(request, 131_072);
  if (!isObservable(count)) throw new Error('expected an Observable');
  const tokens = await firstValueFrom(count);
  delay.disable();
  const took = performance.now() - begin;
  expect(tokens).toBeGreaterThan(131_072);
  // Some 10 ms of 700 on an idle machine, vocabulary included; counted here it would be nearly all. A busy machine draws out both.
  expect(delay.max / 1e6).toBeLessThan(took / 4);
});

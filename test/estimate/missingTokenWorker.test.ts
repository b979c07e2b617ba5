import { firstValueFrom, type Observable } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
// From the source on purpose: beside it there is no tokenWorker.js, as where a bundler has left it behind.
import { byteBound, workerTokenCounter } from '../../src/estimate/index.js';

it('falls back to the byte bound, with one warning, where the thread cannot be loaded', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  onTestFinished(() => warn.mockRestore());
  const request = { model: 'openai/gpt-oss-20b', messages: [{ role: 'user', content: 'hello' }] };
  const counter = workerTokenCounter();
  expect(counter.ready(request.model)).toBe(false);

  const waiting = [counter.count(request), counter.count(request)] as Observable<number>[];
  expect(await Promise.all(waiting.map(count => firstValueFrom(count)))).toEqual([
    byteBound(request),
    byteBound(request),
  ]);

  // There is nothing more to wait for.
  expect(counter.ready(request.model)).toBe(true);
  expect(counter.count(request)).toBe(byteBound(request));
  await counter.release();
  expect(workerTokenCounter().count(request)).toBe(byteBound(request));
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('tokenCounter'), {
    type: 'RxGroqWarning',
    code: 'RX_GROQ_TOKENIZER',
  });
});

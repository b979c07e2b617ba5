import { runInNewContext } from 'node:vm';
import { contentDeltas, createChatClient } from 'rx-groq';
import { of } from 'rxjs';
import { expect, it } from 'vitest';
import { ask, MODEL, record } from './harness.js';

it('bytes of another realm are bytes, too: under jsdom all are', async () => {
  const bytes: Uint8Array = runInNewContext('text => new Uint8Array(text)')([
    ...Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'),
  ]);
  expect(bytes).not.toBeInstanceOf(Uint8Array);
  const transport = () => of({ status: 200, headers: { 'content-type': 'text/event-stream' } }, bytes);
  await using client = createChatClient({ [MODEL]: { base_url: 'http://fake.invalid/v1' } }, { transport });
  const { values, log } = await record(client.stream(ask('Hello')).pipe(contentDeltas())).end;
  expect([values, log]).toEqual([['Hi'], ['next', 'complete']]);
});

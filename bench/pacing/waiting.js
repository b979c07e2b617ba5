/** Bytes that one more in line takes, what is waiting itself not counted. */

import Bottleneck from 'bottleneck';
import PQueue from 'p-queue';
import { NEVER, Subject } from 'rxjs';
import { createChatClient, rateWindow } from '../../dist/index.js';
import { chatRequest, items } from '../inputs.js';
import { used } from '../used.js';
import { closed, tokensOf } from './windows.js';

/** @type {Record<string, import('../child.js').MakeSubject>} */
export const subjects = {
  'rx-groq rateWindow'(size) {
    const waiting = items(size);
    const source = new Subject();
    source.pipe(rateWindow(closed, { cost: tokensOf })).subscribe();
    return () => heap(waiting, item => source.next(item));
  },

  'rx-groq client'(size) {
    const { model } = chatRequest(0);
    // As text off a wire, so that the strings are whole: reading one that is still in pieces would make it anew.
    const waiting = /** @type {ReturnType<typeof chatRequest>[]} */ (
      JSON.parse(JSON.stringify(Array.from({ length: size }, (_, index) => chatRequest(index))))
    );
    const client = createChatClient(
      { [model]: { base_url: 'http://127.0.0.1:9/v1', windows: [{ limit: 0, per: '1m' }] } },
      { transport: () => NEVER },
    );
    return async () => {
      const measured = await heap(waiting, request => client.stream(request).subscribe());
      if (client.limits(model).queued !== size) throw new Error(`only ${client.limits(model).queued} of them wait`);
      return measured;
    };
  },

  'p-queue'(size) {
    const waiting = items(size);
    const queue = new PQueue({ autoStart: false });
    return () => heap(waiting, item => queue.add(async () => item, { priority: -item.priority }));
  },

  bottleneck(size) {
    const waiting = items(size);
    const limiter = new Bottleneck({ reservoir: 0 });
    return () => heap(waiting, item => limiter.schedule({ priority: item.priority - 1 }, async () => item));
  },
};

/**
 * @template T
 * @param {readonly T[]} waiting
 * @param {(item: T) => void} stand
 */
async function heap(waiting, stand) {
  const half = waiting.length / 2;
  waiting.slice(0, half).forEach(item => {
    stand(item);
  });
  const before = await used();
  for (let index = half; index < waiting.length; index++) stand(/** @type {T} */ (waiting[index]));
  return { bytes: ((await used()) - before) / half, items: waiting.length };
}

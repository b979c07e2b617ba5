/** The worker thread of `workerTokenCounter`: vocabularies are loaded and texts counted here. Node only. */

import { parentPort } from 'node:worker_threads';
import { type Encoding, textCounter } from './textCounter.js';

export interface CountJob {
  readonly id: number;
  readonly encoding: Encoding;
  readonly texts: readonly string[];
}

/** One for each job: the tokens of its texts in their order, or why there are none. */
export type CountReply =
  | { readonly id: number; readonly encoding: Encoding; readonly counts: readonly number[] }
  | { readonly id: number; readonly failure: string };

parentPort?.on('message', async ({ id, encoding, texts }: CountJob) => {
  const reply = await textCounter(encoding).then(
    (count): CountReply => ({ id, encoding, counts: texts.map(count) }),
    (error): CountReply => ({ id, failure: String(error) }),
  );
  parentPort?.postMessage(reply);
});

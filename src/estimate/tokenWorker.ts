/** The worker thread of `workerTokenCounter`: vocabularies are loaded and texts counted here. Node only. */

import { parentPort } from 'node:worker_threads';
import { countTexts } from './countTexts.js';
import { textCounter } from './textCounter.js';
import type { Encoding } from './vocabularies.js';

export interface CountJob {
  readonly id: number;
  readonly encoding: Encoding;
  readonly texts: readonly string[];
  /** Tokens of all texts together beyond which counting stops. */
  readonly atMost?: number | undefined;
}

/**
 * One for each job: the tokens of its texts in their order, or why there are none. Beyond `atMost` the last is what was counted so far, and
 * those after it are missing.
 */
export type CountReply =
  | { readonly id: number; readonly encoding: Encoding; readonly counts: readonly number[] }
  | { readonly id: number; readonly failure: string };

parentPort?.on('message', async ({ id, encoding, texts, atMost }: CountJob) => {
  const reply = await textCounter(encoding).then(
    (count): CountReply => ({ id, encoding, counts: countTexts(count, texts, atMost) }),
    (error): CountReply => ({ id, failure: String(error) }),
  );
  parentPort?.postMessage(reply);
});

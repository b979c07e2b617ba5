/** Stepping out of a line of so many: some thousand, from all over it. */

import { NEVER, of } from 'rxjs';
import { createChatClient, rateWindow } from '../../dist/index.js';
import { chatRequest, items, seeded } from '../inputs.js';
import { cpuOf } from '../measure.js';
import { closed, tokensOf } from './windows.js';

const perTurn = 1000;

/** @type {Record<string, import('../child.js').MakeSubject>} */
export const subjects = {
  rateWindow(size) {
    const waiting = items(1000);
    const paced = rateWindow(closed, { cost: tokensOf });
    return stepOut(size, index =>
      of(/** @type {import('../inputs.js').Item} */ (waiting[index % waiting.length]))
        .pipe(paced)
        .subscribe(),
    );
  },

  client(size) {
    const { model } = chatRequest(0);
    const client = createChatClient(
      { [model]: { base_url: 'http://127.0.0.1:9/v1', windows: [{ limit: 0, per: '1m' }] } },
      { transport: () => NEVER },
    );
    return stepOut(size, index => client.stream(chatRequest(index)).subscribe());
  },
};

/**
 * @param {number} size
 * @param {(index: number) => import('rxjs').Unsubscribable} stand
 * @returns {import('../child.js').Subject}
 */
function stepOut(size, stand) {
  const random = seeded(4);
  const line = Array.from({ length: size }, (_, index) => stand(index));
  return async () => {
    const places = Array.from({ length: perTurn }, () => Math.floor(random() * size));
    const leaving = [...new Set(places)];
    const cpuMs = await cpuOf(() => {
      for (const place of leaving) line[place]?.unsubscribe();
    });
    for (const place of leaving) line[place] = stand(place);
    return { cpuMs, items: leaving.length };
  };
}

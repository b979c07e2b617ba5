import type { ChatChunk } from '../answer/index.js';

/** Follows whether an answer is whole: every choice seen has its finish reason. */
export interface Completeness {
  see(chunk: ChatChunk): void;
  /** @param done whether `[DONE]` has come: older Ollama says "" for a finish reason, which counts only then */
  whole(done: boolean): boolean;
}

export function completeness(): Completeness {
  const finished: ('open' | 'empty' | 'finished')[] = [];
  return {
    see({ choices }) {
      for (let at = 0; at < choices.length; at++) {
        const { index = 0, finish_reason } = choices[at]!;
        if (finish_reason) finished[index] = 'finished';
        else if (finished[index] === undefined || (finish_reason as unknown) === '') {
          finished[index] = (finish_reason as unknown) === '' ? 'empty' : 'open';
        }
      }
    },
    whole: done => finished.length > 0 && finished.every(state => state === 'finished' || (done && state === 'empty')),
  };
}

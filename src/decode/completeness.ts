import type { ChatChunk } from '../answer/index.js';

/** Follows whether an answer is whole: every choice seen has its finish reason. */
export class Completeness {
  private readonly choices: ('open' | 'empty' | 'finished')[] = [];

  see(chunk: ChatChunk): void {
    for (let at = 0; at < chunk.choices.length; at++) {
      const { index = 0, finish_reason } = chunk.choices[at]!;
      const before = this.choices[index];
      if (finish_reason) this.choices[index] = 'finished';
      else if ((finish_reason as unknown) === '') this.choices[index] = before === 'finished' ? before : 'empty';
      else this.choices[index] = before ?? 'open';
    }
  }

  /** @param done whether `[DONE]` has come: older Ollama says "" for a finish reason, which counts only then */
  whole(done: boolean): boolean {
    const { choices } = this;
    return choices.length > 0 && choices.every(state => state === 'finished' || (done && state === 'empty'));
  }
}

import { defer, map } from 'rxjs';
import { countTexts } from './countTexts.js';
import type { TokenWorker } from './startTokenWorker.js';
import type { Encoding, TextCounter } from './textCounter.js';

/**
 * In a browser no thread: bundlers do not agree on how a package brings one along. Tokenizer and vocabulary (some megabytes) are
 * loaded when something is counted for the first time, and never if nothing is.
 */
export function startTokenWorker(onFailure: (reason: string) => void): TokenWorker {
  const counters = new Map<Encoding, TextCounter>();
  const loading = new Map<Encoding, Promise<TextCounter>>();

  const fetchCounter = async (encoding: Encoding): Promise<TextCounter> => {
    try {
      const { textCounter } = await import('./textCounter.js');
      const counter = await textCounter(encoding);
      counters.set(encoding, counter);
      return counter;
    } catch (error) {
      onFailure(String(error));
      throw error;
    }
  };
  const load = (encoding: Encoding): Promise<TextCounter> => {
    const known = loading.get(encoding) ?? fetchCounter(encoding);
    loading.set(encoding, known);
    return known;
  };
  const sum = (counter: TextCounter, texts: readonly string[], atMost?: number): number =>
    countTexts(counter, texts, atMost).reduce((total, tokens) => total + tokens, 0);

  return {
    count(encoding, texts, atMost) {
      const counter = counters.get(encoding);
      return counter
        ? sum(counter, texts, atMost)
        : defer(() => load(encoding)).pipe(map(loaded => sum(loaded, texts, atMost)));
    },
    load: encoding => void load(encoding).catch(() => {}), // onFailure has told
    isLoaded: encoding => counters.has(encoding),
    end: async () => {},
  };
}

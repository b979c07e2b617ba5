import { concatMap, defer, isObservable, of } from 'rxjs';
import type { TextsCounter } from './counterInTurns.js';
import type { TokenWorker } from './startTokenWorker.js';
import type { Encoding } from './vocabularies.js';

/**
 * In a browser no thread: bundlers do not agree on how a package brings one along. Tokenizer and vocabulary (some megabytes) are
 * loaded when something is counted for the first time, and never if nothing is; that holds the page for 0.1 to 0.3 s. Counting does not.
 */
export function startTokenWorker(onFailure: (reason: string) => void): TokenWorker {
  const counters = new Map<Encoding, TextsCounter>();
  const loading = new Map<Encoding, Promise<TextsCounter>>();

  const fetchCounter = async (encoding: Encoding): Promise<TextsCounter> => {
    try {
      const { counterInTurns } = await import('./counterInTurns.js');
      const counter = await counterInTurns(encoding);
      counters.set(encoding, counter);
      return counter;
    } catch (error) {
      onFailure(String(error));
      throw error;
    }
  };
  const load = (encoding: Encoding): Promise<TextsCounter> => {
    const known = loading.get(encoding) ?? fetchCounter(encoding);
    loading.set(encoding, known);
    return known;
  };

  return {
    count: (encoding, texts, atMost) =>
      counters.get(encoding)?.(texts, atMost) ??
      defer(() => load(encoding)).pipe(
        concatMap(count => {
          const tokens = count(texts, atMost);
          return isObservable(tokens) ? tokens : of(tokens);
        }),
      ),
    load: encoding => void load(encoding).catch(() => {}), // onFailure has told
    isLoaded: encoding => counters.has(encoding),
    end: async () => {},
  };
}

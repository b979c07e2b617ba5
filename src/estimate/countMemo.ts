/** Counts of the newest texts, so that a conversation counted again costs only its new message. */
export interface CountMemo {
  get(text: string): number | undefined;
  set(text: string, tokens: number): void;
}

/** Bounded by the number of texts and by their length together (UTF-16 units); the longest unused are dropped. */
export function countMemo(maxTexts = 4096, maxLength = 4_000_000): CountMemo {
  /** In order of their last use. */
  const counts = new Map<string, number>();
  /** The length of all keys together. */
  let length = 0;

  const remove = (text: string): void => {
    if (counts.delete(text)) length -= text.length;
  };
  const set = (text: string, tokens: number): void => {
    remove(text);
    counts.set(text, tokens);
    length += text.length;
    for (const oldest of counts.keys()) {
      if (counts.size <= maxTexts && length <= maxLength) break;
      remove(oldest);
    }
  };
  return {
    get(text) {
      const tokens = counts.get(text);
      if (tokens !== undefined) set(text, tokens);
      return tokens;
    },
    set,
  };
}

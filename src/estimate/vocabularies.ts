import type { TiktokenBPE } from 'js-tiktoken/lite';

/**
 * How a model family cuts text into tokens: a public vocabulary of js-tiktoken, or what is nearest to one that grew out of such:
 * `llama3` and `qwen` are cl100k with words of more scripts, of which `qwen` takes digits one by one.
 */
export type Encoding = 'o200k_base' | 'cl100k_base' | 'llama3' | 'qwen';

export interface Vocabulary {
  /** Of each token, its bytes as characters. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Finds the pieces that no token goes beyond. */
  readonly pattern: string;
}

export const vocabularies: Readonly<Record<Encoding, () => Promise<Vocabulary>>> = {
  o200k_base: async () => read((await import('js-tiktoken/ranks/o200k_base')).default),
  cl100k_base,
  // Words of more scripts, by their first bytes in UTF-8: those of which the family's own vocabulary has hundreds to thousands, where
  // cl100k has bytes and letters. Greek, Cyrillic, Arabic; Devanagari and Thai; Vietnamese; Kana, Han and Hangul.
  llama3: () => withWords(/^ ?(?:[\xCD-\xD3\xD8-\xDD\xE3-\xED]|\xE0[\xA4\xA5\xB8\xB9]|\xE1[\xBA\xBB])/),
  // Cyrillic, Hebrew, Arabic; Thai; Vietnamese; Kana, Han and Hangul.
  qwen: async () => {
    const { ranks, pattern } = await withWords(/^ ?(?:[\xD0-\xD3\xD7-\xDD\xE3-\xED]|\xE0[\xB8\xB9]|\xE1[\xBA\xBB])/);
    return { ranks, pattern: pattern.replace('\\p{N}{1,3}', '\\p{N}') };
  },
};

async function cl100k_base() {
  return read((await import('js-tiktoken/ranks/cl100k_base')).default);
}

/** Of o200k's 200,000 tokens, the commoner half: vocabularies of 128,000 and 152,000 have about as many words of these scripts. */
const common = 100_000;

/**
 * cl100k, and after its tokens (as Llama 3 and Qwen have theirs: their text of Latin letters, code and numbers stays cl100k's) those of o200k
 * that begin so.
 */
async function withWords(begin: RegExp): Promise<Vocabulary> {
  const [{ ranks, pattern }, { default: other }] = await Promise.all([
    cl100k_base(),
    import('js-tiktoken/ranks/o200k_base'),
  ]);
  for (const token of read(other, common).ranks.keys()) {
    if (begin.test(token) && !ranks.has(token)) ranks.set(token, ranks.size);
  }
  return { ranks, pattern };
}

/** Lines of `! firstRank token token …`, each token its bytes in base64; here a string with one character a byte. */
function read({ bpe_ranks: lines, pat_str: pattern }: TiktokenBPE, most?: number) {
  const ranks = new Map<string, number>();
  for (const line of lines.split('\n')) {
    const [, first, ...tokens] = line.split(' ', most);
    tokens.forEach((token, index) => {
      ranks.set(atob(token), Number(first) + index);
    });
  }
  return { ranks, pattern };
}

/** Finds the ends of sentences in a text that comes in pieces; looks at each character once. */
export interface SentenceSplitter {
  /** The sentences that this piece has shown to be whole. */
  split(delta: string): string[];
  /** What has no end yet. */
  rest(): string;
}

const ends = /[\p{STerm}…]/u;
const fullWidth = /[。！？]/;
const closers = /["'”’»›)\]}*_」』）】〉》]/;
const space = /\s/;
const small = /\p{Ll}/u;
/** Words before a full stop that is no end. Single letters are initials. */
const abbreviations: ReadonlySet<string> = new Set(
  (
    'mr mrs ms dr prof st jr sr vs cf e.g i.e approx dept est vol pp al capt rev ' +
    'bzw ca ggf nr d.h z.b u.a mme mlle'
  ).split(' '),
);
const longestAbbreviation = 12;

export function sentenceSplitter(): SentenceSplitter {
  let sentence = '';
  /** Space after what may be the end. */
  let gap = '';
  /** `ended`: an end has come, perhaps closers after it. `spaced`: and space. */
  let phase: 'inside' | 'ended' | 'spaced' = 'inside';
  let end = '';
  /** The word under way, or the one that ended; no more of it than an abbreviation has. */
  let word = '';
  let words = 0;

  const leave = (): string => {
    const whole = sentence;
    sentence = gap;
    gap = '';
    phase = 'inside';
    word = '';
    words = 0;
    return whole;
  };
  const goesOn = (next: string): boolean => {
    if (/[.…]/.test(end) && small.test(next)) return true;
    const bare = word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '').toLowerCase();
    const isItem = words === 1 && /^\d+$/.test(bare);
    return end === '.' && (isItem || /^\p{L}$/u.test(bare) || abbreviations.has(bare));
  };
  /** What the character shows of the text before it: the sentence, if that is whole. */
  const judge = (character: string): string | undefined => {
    if (character === '\n') return words > 0 ? leave() : undefined;
    if (phase === 'ended' && !ends.test(character) && !closers.test(character)) {
      if (fullWidth.test(end)) return leave();
      phase = space.test(character) ? 'spaced' : 'inside'; // 3.14, example.com
    } else if (phase === 'spaced' && !space.test(character)) {
      if (!goesOn(character)) return leave();
      sentence += gap;
      gap = '';
      phase = 'inside';
      word = '';
    }
    return undefined;
  };
  const append = (character: string): void => {
    if (space.test(character)) {
      if (phase === 'spaced') gap += character;
      else {
        sentence += character;
        word = '';
      }
      return;
    }
    sentence += character;
    if (word === '') words++;
    if (word.length < longestAbbreviation) word += character;
    if (!ends.test(character)) return;
    end = phase === 'ended' && end === '.' && character === '.' ? '…' : character;
    phase = 'ended';
  };

  return {
    split(delta) {
      const whole: string[] = [];
      for (let at = 0; at < delta.length; at++) {
        const character = delta[at]!;
        const shown = judge(character);
        if (shown !== undefined) whole.push(shown);
        append(character);
      }
      return whole;
    },
    rest: () => sentence + gap,
  };
}
